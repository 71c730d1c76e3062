/** `name | description | keywords`: what publishers write, of 174 things in as many words as they usually take. */
const lines = `
pixel-squeeze | Shrinks JPEG and PNG files without visible loss of quality | image, compression, jpeg
thumbnailer | Creates small previews of photos and documents | thumbnail, preview, image
exif-strip | Removes location and camera metadata from pictures | exif, privacy, photo
qr-forge | Generates QR codes as SVG or PNG | qrcode, barcode
face-blur | Detects people in photographs and obscures them | anonymize, vision, privacy
ocr-reader | Recognizes printed text in scanned pages | ocr, tesseract, scan
sprite-sheet | Packs many icons into one texture atlas | sprites, game, atlas
color-contrast | Checks whether foreground and background colors are accessible | wcag, accessibility, color
svg-min | Minifies vector graphics | svg, optimize
video-cutter | Trims and joins clips with ffmpeg | video, ffmpeg, editing
subtitle-sync | Aligns captions with the audio of a film | srt, captions, subtitles
speech-scribe | Transcribes spoken language to text with timestamps | speech-recognition, asr, whisper
voice-maker | Synthesizes natural sounding speech from text | tts, speech-synthesis
beat-finder | Estimates the tempo of music | bpm, audio, dsp
noise-gate | Suppresses background noise in recordings | audio, denoise
sentiment-scope | Classifies reviews as positive, negative or neutral | sentiment, nlp, classification
summarizer-t5 | Condenses long articles into a few sentences | summarization, transformer, nlp
polyglot | Translates between ninety languages | translation, i18n, machine-translation
lang-guess | Identifies the language a text is written in | language-detection, nlp
toxicity-guard | Flags insulting and hateful comments | moderation, nlp, safety
entity-miner | Extracts people, places and organizations from text | ner, nlp, entities
spell-mend | Corrects misspelled words | spelling, typo, dictionary
keyword-tagger | Suggests tags for articles | tagging, topics, nlp
chat-memory | Remembers earlier turns of a conversation for assistants | agent, llm, context
prompt-kit | Templates and versioning of prompts for large language models | prompt, llm
rag-store | Retrieves passages that ground the answers of a language model | rag, retrieval, llm
token-meter | Counts tokens before a model is called | tokenizer, llm, cost
image-dreamer | Draws pictures from a written description | diffusion, text-to-image
depth-sense | Estimates distance for each pixel of a single photo | depth, vision
fraud-net | Scores card transactions for suspicious behavior | fraud, risk, payments
churn-radar | Predicts which customers are about to leave | churn, forecasting, crm
demand-cast | Forecasts sales of the coming weeks | time-series, forecasting, retail
outlier-watch | Spots anomalies in streams of measurements | anomaly-detection, metrics
recommend-lite | Suggests products a shopper may like | recommender, collaborative-filtering
mail-courier | Sends transactional email through SMTP | email, smtp
inbox-parser | Reads MIME messages and their attachments | mime, email, parser
newsletter-press | Designs responsive newsletters | mjml, email, html
sms-gateway | Delivers text messages to mobile phones | sms, twilio
push-bell | Notifies iOS and Android devices | push, apns, fcm
webhook-relay | Forwards HTTP callbacks to several receivers with retries | webhook, delivery
chat-ops-bot | Runs deployments from Slack | slack, bot, deploy
calendar-link | Produces iCalendar invitations | ics, calendar, events
cron-wheel | Runs jobs at given times | cron, scheduler, jobs
date-ease | Formats and parses dates in any timezone | date, timezone, format
duration-words | Turns milliseconds into readable phrases | humanize, time
holiday-table | Public holidays of a hundred countries | holidays, calendar
queue-river | Background jobs with retries on Postgres | queue, jobs, worker
event-bus-lite | Publishes and subscribes to messages within a process | pubsub, emitter
kafka-link | Consumes and produces records of Kafka | kafka, streaming
mqtt-bridge | Connects sensors to brokers | mqtt, iot
rate-gate | Limits how many requests a client may make per minute | rate-limit, throttle
circuit-guard | Stops calling services that keep failing | circuit-breaker, resilience
retry-smart | Tries again with exponential backoff | retry, backoff
http-lite | Small client for REST calls | http, fetch, request
proxy-hop | Routes traffic to upstream servers | reverse-proxy, gateway
load-spread | Distributes connections over healthy backends | load-balancer
cache-ring | Keeps recently used values in memory | lru, cache
redis-shelf | Stores sessions in Redis | session, redis
cdn-purge | Invalidates edge caches after a deploy | cdn, cache
graph-gate | Serves GraphQL from resolvers | graphql, server
rpc-wire | Calls remote procedures over HTTP/2 | grpc, rpc
socket-room | Realtime rooms over WebSockets | websocket, realtime
sse-stream | Streams server-sent events to browsers | sse, events
openapi-mint | Derives typed clients from OpenAPI documents | openapi, codegen
schema-check | Validates JSON against a schema | json-schema, validation
form-guard | Verifies what people type into forms | form, validation
zod-bridge | Converts between schema libraries | zod, typebox
csv-stream | Parses comma separated values row by row | csv, parser
xlsx-writer | Writes Excel workbooks | excel, spreadsheet, xlsx
pdf-press | Renders HTML pages to PDF | pdf, print, html
doc-merge | Fills Word templates with data | docx, template
markdown-lane | Renders Markdown to HTML | markdown, commonmark
mdx-site | Builds documentation sites | docs, static-site
diff-words | Compares two texts word by word | diff, text
slug-smith | Makes URL-safe identifiers from titles | slug, url
html-clean | Removes dangerous tags and scripts from markup | sanitize, xss, html
crawler-ant | Follows links and downloads pages | crawler, spider, scraping
robots-check | Tells what a site allows crawlers to fetch | robots.txt, crawler
seo-lens | Audits pages for search engines | seo, audit
sitemap-maker | Lists all pages of a site as XML | sitemap, xml
xml-tree | Reads and writes XML | xml, parser
yaml-lint | Finds mistakes in YAML | yaml, lint
toml-read | Reads TOML configuration | toml, config
env-vault | Encrypts secrets of environments | secrets, env, encryption
config-layers | Merges settings of files, variables and flags | config, settings
flag-pole | Toggles features for a share of the users | feature-flags, rollout
ab-lab | Runs experiments and computes significance | ab-testing, experiment
password-vault | Hashes passwords with argon2 | password, argon2, hashing
jwt-seal | Signs and verifies JSON web tokens | jwt, auth
oauth-door | Login with Google, GitHub and others | oauth, login, sso
otp-clock | One-time codes for two-factor authentication | totp, 2fa
passkey-ring | Passwordless sign-in with WebAuthn | webauthn, passkey
role-map | Decides who may do what | rbac, permissions, authorization
audit-trail | Records who changed which rows | audit, log, compliance
csrf-shield | Protects forms from cross-site requests | csrf, security
header-armor | Sets security headers of responses | csp, helmet, security
vuln-scan | Looks for known vulnerabilities in dependencies | cve, scanner, sbom
secret-sniffer | Finds leaked credentials in repositories | secrets, git, leak
license-audit | Reports licenses of all dependencies | license, compliance
malware-trap | Detects malicious code in packages | malware, scanner
cert-renew | Obtains TLS certificates by itself | acme, tls, letsencrypt
key-safe | Wraps keys with a hardware module | kms, hsm, encryption
hash-stream | Digests files while they are read | sha256, checksum
zip-stream | Writes archives without buffering | zip, archive, stream
tar-safe | Unpacks archives without path traversal | tar, extract
file-watch | Reacts when files change | watcher, fs
glob-fast | Matches paths with wildcards | glob, pattern
s3-mirror | Synchronizes folders with object storage | s3, sync, backup
backup-snap | Takes incremental backups of databases | backup, postgres
upload-resume | Continues interrupted uploads | upload, tus
sftp-drop | Transfers files over SSH | sftp, ssh
pg-migrate | Changes database schemas step by step | migration, postgres
query-forge | Composes SQL with types | sql, query-builder
orm-nest | Maps objects to tables | orm, database
mongo-lens | Explores document databases | mongodb, gui
sqlite-pocket | Embedded database in one file | sqlite, embedded
vector-nest | Finds nearest neighbors among embeddings | vector, ann, similarity
search-lite | Full text search in the browser | search, index
fuzzy-pick | Matches strings in spite of typing errors | fuzzy, match
geo-hash | Encodes coordinates as short strings | geohash, location
map-tiles | Serves maps as vector tiles | map, gis, tiles
route-plan | Computes shortest ways between addresses | routing, navigation
weather-feed | Delivers forecasts of temperature and rain | weather, forecast
ip-atlas | Tells the country of an IP address | geoip, location
currency-swap | Converts amounts between currencies | currency, exchange, money
money-exact | Calculates prices without rounding errors | decimal, money
invoice-mill | Creates invoices with taxes | invoice, billing, vat
pay-stripe | Charges credit cards with Stripe | payment, stripe
subscription-loop | Recurring billing and dunning | subscription, billing
cart-basket | Shopping cart with discounts | ecommerce, cart
stock-keeper | Tracks inventory of warehouses | inventory, warehouse
parcel-track | Follows shipments of carriers | shipping, tracking
chart-easel | Draws bar, line and pie diagrams | chart, plot, visualization
dash-board | Composes panels of live metrics | dashboard, metrics
table-grid | Sorts and filters big tables in the browser | datagrid, table
tree-view | Shows nested folders that can be opened and closed | tree, ui
modal-box | Dialog windows for web apps | dialog, modal, ui
drag-sort | Reorders lists with the mouse | drag-and-drop, ui
date-picker | Lets people choose a day | calendar, input, ui
theme-switch | Dark and light appearance | dark-mode, theme
icon-garden | Two thousand vector symbols | icons, svg
font-subset | Cuts unused glyphs out of typefaces | font, woff2
i18n-phrase | Loads translated messages with plurals | i18n, localization
a11y-probe | Tests pages with a screen reader in mind | accessibility, testing
unit-spark | Runs unit tests in parallel | test-runner, testing
mock-server | Imitates backends during development | mock, testing
browser-robot | Automates clicks and typing in Chrome | e2e, puppeteer, testing
load-storm | Simulates thousands of visitors | load-testing, benchmark
cover-map | Measures which lines tests execute | coverage, testing
lint-strict | Enforces a coding style | lint, style
bundle-snap | Bundles scripts for browsers | bundler, build
tree-prune | Drops code that is never called | dead-code, minify
type-gen | Emits TypeScript declarations | typescript, types
repo-split | Manages many packages in one repository | monorepo, workspace
release-note | Writes changelogs from commits | changelog, release
semver-bump | Chooses the next version number | semver, release
ci-runner | Executes pipelines in containers | ci, pipeline
docker-slim-base | Minimal base image for Node services | container, base-image
kube-watch | Restarts pods that hang | kubernetes, operator
helm-web | Chart for a web service with autoscaling | helm, kubernetes
terraform-lift | Provisions cloud servers as code | infrastructure, terraform
log-line | Structured logs as JSON | logging, json
trace-path | Follows requests across services | tracing, opentelemetry
metric-pump | Exposes counters to Prometheus | metrics, prometheus
uptime-eye | Alerts when a site goes down | monitoring, uptime
crash-report | Collects exceptions with stack traces | error-tracking, debugging
cpu-flame | Shows where programs spend their time | profiler, flamegraph
leak-hunt | Explains why the heap keeps growing | memory, profiler
wasm-box | Runs untrusted code in a sandbox | wasm, sandbox, isolation
regex-safe | Rejects expressions that take forever | regex, redos
uuid-seven | Identifiers that sort by time | uuid, id
random-true | Random numbers from hardware | random, entropy
matrix-math | Linear algebra on typed arrays | matrix, blas
unit-convert | Converts miles, kilos and liters | units, measurement
`

export interface CorpusItem {
  readonly name: string
  readonly description: string
  readonly keywords: readonly string[]
}

export const corpus: readonly CorpusItem[] = lines
  .trim()
  .split('\n')
  .map((line) => {
    const [name = '', description = '', keywords = ''] = line.split(' | ')
    return { name, description, keywords: keywords.split(', ') }
  })
