/** `what somebody asks for | what they want, the best first`. Written before anything was tuned; most share a word or none with what they look for. */
const lines = `
make photo files smaller | pixel-squeeze, thumbnailer, svg-min
hide faces of people in a picture | face-blur
read letters from a scanned document | ocr-reader
remove gps coordinates from photographs | exif-strip
generate an image from a prompt | image-dreamer
turn audio into written words | speech-scribe
let my app talk out loud | voice-maker
get rid of hum and hiss in a recording | noise-gate
cut a movie into pieces | video-cutter
is this customer review happy or angry | sentiment-scope
shorten a long article | summarizer-t5
convert English text to German | polyglot, i18n-phrase
which language is this sentence | lang-guess
block offensive posts | toxicity-guard
find names of companies in documents | entity-miner
fix typos | spell-mend, fuzzy-pick
detect stolen credit card usage | fraud-net
which clients will cancel | churn-radar
predict revenue for next month | demand-cast
detect unusual sensor values | outlier-watch
product recommendations for a shop | recommend-lite
send e-mails from my server | mail-courier, newsletter-press
message a phone number | sms-gateway, push-bell
alert on a mobile app | push-bell
run a task every night | cron-wheel, queue-river
display how long ago something happened | duration-words, date-ease
process work asynchronously with workers | queue-river
throttle abusive API callers | rate-gate
avoid hammering a broken dependency | circuit-guard, retry-smart
balance traffic between servers | load-spread, proxy-hop
in-memory store that evicts old entries | cache-ring
two way live communication with the browser | socket-room, sse-stream
verify the shape of a JSON payload | schema-check
spreadsheet export | xlsx-writer, csv-stream
convert a web page to a printable document | pdf-press
prevent cross site scripting in user content | html-clean, header-armor
download all pages of a website | crawler-ant
store API keys encrypted | env-vault, key-safe
turn functionality on for some customers only | flag-pole, ab-lab
protect user passwords in the database | password-vault
sign in with a social account | oauth-door
second factor at login | otp-clock, passkey-ring
check whether a user is permitted to do something | role-map
history of who modified data | audit-trail
insecure third party packages | vuln-scan, malware-trap
credentials committed by accident | secret-sniffer
automatic https | cert-renew
compress a folder into one archive | zip-stream
be notified when a file is modified | file-watch
copy files to a bucket | s3-mirror
evolve the tables of my database | pg-migrate
similarity lookup of vectors | vector-nest
driving directions | route-plan
will it rain tomorrow | weather-feed
where does this visitor come from | ip-atlas
dollars to euros | currency-swap
charge customers every month | subscription-loop, pay-stripe
where is my package delivery | parcel-track
plot data as graphs | chart-easel, dash-board
popup window | modal-box
night theme | theme-switch
control a browser from a script | browser-robot
stress test a site | load-storm
how much of my code is tested | cover-map
remove unused functions from a bundle | tree-prune, bundle-snap
several projects in a single git repo | repo-split
what changed in this release | release-note
follow a call through microservices | trace-path
website is offline notification | uptime-eye
find what makes my program slow | cpu-flame
memory consumption grows without end | leak-hunt
isolate plugins of strangers | wasm-box
pounds to kilograms | unit-convert
`

export interface ParaphraseQuery {
  readonly text: string
  /** Gains by name: 3 for the best, 1 for the others. */
  readonly gains: ReadonlyMap<string, number>
}

export const paraphrases: readonly ParaphraseQuery[] = lines
  .trim()
  .split('\n')
  .map((line) => {
    const [text = '', names = ''] = line.split(' | ')
    return { text, gains: new Map(names.split(', ').map((name, at) => [name, at === 0 ? 3 : 1])) }
  })

/** Normalized discounted cumulative gain of the first ten: 1 is the best order there could be. */
export function ndcg(found: readonly string[], gains: ParaphraseQuery['gains']): number {
  const discounted = (values: readonly number[]) =>
    values.slice(0, 10).reduce((sum, gain, at) => sum + (2 ** gain - 1) / Math.log2(at + 2), 0)
  const best = discounted([...gains.values()].toSorted((one, other) => other - one))
  return best === 0 ? 0 : discounted(found.map((name) => gains.get(name) ?? 0)) / best
}
