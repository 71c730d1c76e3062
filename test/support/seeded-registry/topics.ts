/** What artifacts are about, in words that mean the same (`|`) and words that go together. */
export interface Topic {
  readonly key: string
  /** Parts of names. */
  readonly parts: readonly string[]
  /** Of each, one is said. */
  readonly things: readonly (readonly string[])[]
  readonly deeds: readonly (readonly string[])[]
  readonly capabilities: readonly string[]
}

const listed = (text: string): string[] => text.split(' ').filter((word) => word !== '')
const synonyms = (text: string): string[][] => listed(text).map((group) => group.split('|'))

function topic(
  key: string,
  parts: string,
  { things, deeds, may = '' }: Readonly<Record<'things' | 'deeds', string> & { may?: string }>,
): Topic {
  return { key, parts: listed(parts), things: synonyms(things), deeds: synonyms(deeds), capabilities: listed(may) }
}

export const topics: readonly [Topic, ...Topic[]] = [
  topic('http', 'http server router fetch gateway middleware request', {
    ...{ things: 'requests|calls responses|answers routes|paths headers cookies middleware|interceptors connections|sockets' },
    ...{ deeds: 'serves|answers routes|dispatches proxies|forwards compresses', may: 'network:inbound network:outbound' },
  }),
  topic('database', 'sql query orm migrate pool postgres sqlite', {
    ...{ things: 'tables|relations queries|statements rows|records migrations transactions indexes schemas' },
    ...{ deeds: 'stores|persists queries|selects migrates maps', may: 'db:read db:write db:postgres' },
  }),
  topic('auth', 'auth login session token oauth passport identity', {
    ...{ things: 'logins|sign-ins passwords|credentials tokens sessions permissions|rights roles identities|accounts' },
    ...{ deeds: 'authenticates|verifies authorizes|permits issues|mints revokes', may: 'crypto:sign network:outbound' },
  }),
  topic('crypto', 'crypto hash cipher sign vault keys sealed', {
    ...{ things: 'keys signatures digests|hashes certificates secrets ciphers nonces' },
    ...{ deeds: 'encrypts|seals decrypts|opens signs hashes derives', may: 'crypto:sign crypto:random' },
  }),
  topic('parsing', 'parser lexer grammar ast syntax yaml toml', {
    ...{ things: 'grammars tokens|lexemes trees files|documents configuration|settings expressions comments' },
    ...{ deeds: 'parses|reads tokenizes|splits validates|checks prints|formats', may: 'filesystem:read' },
  }),
  topic('logging', 'log logger trace audit journal pretty', {
    ...{ things: 'lines|entries levels traces|spans streams timestamps context' },
    ...{ deeds: 'logs|records rotates redacts|masks ships|forwards', may: 'log:write filesystem:write' },
  }),
  topic('testing', 'test mock assert snapshot runner coverage fixture', {
    ...{ things: 'tests|specs assertions|expectations mocks|stubs fixtures coverage snapshots' },
    ...{ deeds: 'runs|executes asserts|checks records replays', may: 'process:spawn' },
  }),
  topic('cli', 'cli args prompt terminal spinner command shell', {
    ...{ things: 'commands|subcommands flags|options prompts|questions terminals|consoles colors completions' },
    ...{ deeds: 'parses|reads asks|prompts colors prints|renders', may: 'process:spawn env:read' },
  }),
  topic('files', 'fs glob path watch archive tar zip', {
    ...{ things: 'files directories|folders archives|tarballs paths globs|patterns links' },
    ...{ deeds: 'copies|duplicates watches|observes packs|compresses extracts|unpacks', may: 'filesystem:read filesystem:write' },
  }),
  topic('images', 'image resize thumbnail png avif pixel canvas', {
    ...{ things: 'images|pictures thumbnails|previews pixels palettes frames photos' },
    ...{ deeds: 'resizes|scales crops|trims converts|transcodes blurs', may: 'filesystem:read gpu:compute' },
  }),
  topic('video', 'video player stream codec subtitle caption hls', {
    ...{ things: 'videos|clips streams subtitles|captions codecs playlists frames' },
    ...{ deeds: 'plays|shows encodes|transcodes segments|cuts streams|broadcasts', may: 'gpu:compute network:outbound' },
  }),
  topic('audio', 'audio sound speech voice midi waveform', {
    ...{ things: 'sounds|samples voices|speakers tracks recordings beats waveforms' },
    ...{ deeds: 'mixes|blends records|captures transcribes synthesizes|generates', may: 'device:microphone' },
  }),
  topic('charts', 'chart graph plot dashboard axis sparkline', {
    ...{ things: 'charts|diagrams axes legends series|datasets dashboards|panels tooltips' },
    ...{ deeds: 'draws|plots animates aggregates|summarizes zooms' },
  }),
  topic('ui', 'button table form modal theme layout icons', {
    ...{ things: 'components|widgets buttons forms|inputs themes|skins dialogs|modals tables|grids' },
    ...{ deeds: 'renders|displays styles|themes animates validates' },
  }),
  topic('state', 'store state signal atom reducer observable', {
    ...{ things: 'stores|containers actions selectors signals|observables subscriptions snapshots' },
    ...{ deeds: 'updates|mutates derives|computes subscribes|listens undoes' },
  }),
  topic('dates', 'date time calendar cron timezone duration', {
    ...{ things: 'dates|days timezones|offsets calendars schedules|timetables durations|intervals holidays' },
    ...{ deeds: 'formats|prints parses|reads adds schedules|plans', may: 'clock:read' },
  }),
  topic('money', 'payment invoice currency tax ledger checkout', {
    ...{ things: 'payments|charges invoices|bills currencies taxes|duties refunds subscriptions|plans' },
    ...{ deeds: 'charges|bills refunds|returns converts rounds', may: 'network:outbound db:write' },
  }),
  topic('mail', 'mail smtp inbox newsletter template mime', {
    ...{ things: 'mails|messages attachments|enclosures inboxes|mailboxes newsletters bounces recipients|addressees' },
    ...{ deeds: 'sends|delivers renders queues|schedules filters|sorts', may: 'network:outbound' },
  }),
  topic('queue', 'queue job worker broker scheduler event bus', {
    ...{ things: 'jobs|tasks queues|backlogs workers|consumers events|messages retries topics|channels' },
    ...{ deeds: 'enqueues|schedules retries|repeats consumes|processes publishes|emits', may: 'network:outbound' },
  }),
  topic('cache', 'cache lru memo redis ttl store', {
    ...{ things: 'caches entries|items keys evictions|expirations shards memory' },
    ...{ deeds: 'caches|remembers evicts|expires invalidates|purges shares', may: 'network:outbound' },
  }),
  topic('search', 'search index fuzzy rank suggest tokenize', {
    ...{ things: 'indexes documents|texts queries|searches suggestions|completions facets|filters synonyms' },
    ...{ deeds: 'indexes ranks|orders highlights|marks suggests|proposes', may: 'db:read' },
  }),
  topic('maps', 'map geo tile route location distance', {
    ...{ things: 'maps|atlases tiles coordinates|positions routes|directions regions|areas markers|pins' },
    ...{ deeds: 'geocodes|locates measures projects|transforms clusters|groups', may: 'network:outbound device:location' },
  }),
  topic('language-models', 'llm chat prompt agent rag instruct', {
    ...{ things: 'prompts|instructions completions|generations conversations|dialogues tools|functions contexts embeddings|vectors' },
    ...{ deeds: 'generates|writes answers|replies summarizes|condenses plans', may: 'ai:inference network:outbound' },
  }),
  topic('vision-models', 'vision detect segment diffusion ocr classify', {
    ...{ things: 'objects|items masks|segments captions|descriptions scenes faces labels|classes' },
    ...{ deeds: 'detects|finds classifies|labels segments|separates generates|paints', may: 'ai:inference gpu:compute' },
  }),
  topic('text-models', 'sentiment translate embed bert ner summarize', {
    ...{ things: 'sentences|phrases sentiments|opinions translations entities|names reviews|feedback languages' },
    ...{ deeds: 'classifies|labels translates|renders extracts|finds embeds|encodes', may: 'ai:inference' },
  }),
  topic('containers', 'container docker image runtime compose sandbox', {
    ...{ things: 'containers|pods layers volumes|mounts registries networks|bridges builds' },
    ...{ deeds: 'builds|assembles runs|starts isolates|confines pulls', may: 'process:spawn network:inbound' },
  }),
  topic('kubernetes', 'operator helm cluster ingress node deploy', {
    ...{ things: 'clusters deployments|rollouts nodes|machines manifests secrets|credentials namespaces' },
    ...{ deeds: 'deploys|releases scales|grows balances|distributes reconciles', may: 'network:outbound cluster:write' },
  }),
  topic('observability', 'metrics monitor alert exporter probe uptime', {
    ...{ things: 'metrics|measurements alerts|alarms probes|checks histograms dashboards incidents|outages' },
    ...{ deeds: 'collects|gathers exports|publishes alerts|notifies samples', may: 'network:outbound log:read' },
  }),
  topic('security', 'scan secret policy guard firewall sanitize', {
    ...{ things: 'vulnerabilities|weaknesses secrets|credentials policies|rules threats|attacks advisories packages' },
    ...{ deeds: 'scans|inspects blocks|refuses sanitizes|cleans reports', may: 'filesystem:read' },
  }),
  topic('build', 'bundle compile transpile lint minify plugin', {
    ...{ things: 'bundles|chunks modules sources|code assets|resources loaders typings|declarations' },
    ...{ deeds: 'bundles|packs compiles|builds minifies|shrinks lints|checks', may: 'filesystem:read filesystem:write' },
  }),
  topic('math', 'math matrix stats random vector solver', {
    ...{ things: 'matrices|tensors vectors distributions|densities equations primes samples' },
    ...{ deeds: 'solves|computes multiplies samples|draws fits|estimates' },
  }),
  topic('data', 'csv etl pipeline parquet frame transform', {
    ...{ things: 'columns|fields pipelines|flows datasets|collections spreadsheets|sheets schemas batches' },
    ...{ deeds: 'imports|loads exports|saves transforms|converts joins|merges', may: 'db:read filesystem:read' },
  }),
  topic('games', 'game physics sprite engine tilemap collision', {
    ...{ things: 'sprites|characters scenes|levels collisions|impacts worlds particles controllers|gamepads' },
    ...{ deeds: 'animates|moves simulates|models renders|draws collides', may: 'gpu:compute' },
  }),
  topic('robots', 'robot sensor motor iot gpio mqtt', {
    ...{ things: 'sensors|detectors motors|actuators pins boards|devices signals readings|measurements' },
    ...{ deeds: 'controls|steers reads|samples calibrates|adjusts connects', may: 'device:gpio network:outbound' },
  }),
  topic('documents', 'pdf markdown docx slides report editor', {
    ...{ things: 'documents|papers pages headings|titles footnotes slides|presentations paragraphs' },
    ...{ deeds: 'renders|prints merges|joins converts|exports edits|writes', may: 'filesystem:read' },
  }),
  topic('commerce', 'shop cart catalog order inventory coupon', {
    ...{ things: 'carts|baskets orders|purchases products|goods coupons|vouchers stocks|inventories shipments|deliveries' },
    ...{ deeds: 'sells|offers ships|delivers discounts counts|tracks', may: 'db:read db:write' },
  }),
]
