import { lineAt, lineStarts } from '../javascript/read-text.ts'
import type { RuleId } from './catalogue.ts'
import type { CodeSighting } from './code-rules.ts'
import { credentialKinds, dropHosts, fetchAndRun, miner, pasteHosts, persistence, rawAddress, reverseShell } from './patterns.ts'

const decoding = String.raw`(?:base64\.(?:b64decode|b32decode|b85decode|urlsafe_b64decode)|b64decode|zlib\.decompress|bz2\.decompress|lzma\.decompress|gzip\.decompress|marshal\.loads|bytes\.fromhex|binascii\.unhexlify|codecs\.decode|Fernet\([^\n]{0,200}\)\.decrypt|\.decrypt)\s*\(`
const evaluatesDecoded = new RegExp(
  String.raw`\b(?:exec|eval)\s*\(\s*(?:compile\s*\(\s*)?(?:[\w.]+\s*\(\s*){0,4}${decoding}|getattr\s*\(\s*__import__\s*\(\s*['"]builtins['"]\s*\)[^\n]{0,80}\bexec\b|__import__\s*\(\s*['"](?:base64|zlib|marshal)['"]\s*\)\.\w+\s*\(`,
)
const evaluates = /\b(?:exec|eval)\s*\(\s*[a-zA-Z_(]/
const requests =
  /\b(?:urllib\.request\.(?:urlopen|urlretrieve|Request)|urlopen|urlretrieve|requests\.(?:get|post|put|request|Session)|httpx\.(?:get|post)|http\.client\.HTTPS?Connection|aiohttp\.ClientSession|socket\.(?:create_connection|gethostbyname))\s*\(/
const posts =
  /\b(?:requests\.(?:post|put)|httpx\.post|urlopen\s*\([^\n]{0,200}data\s*=|Request\s*\([^\n]{0,200}data\s*=|gethostbyname\s*\(|\.sendall?\s*\()/
const spawns =
  /\b(?:os\.(?:system|popen|exec\w+|startfile)|subprocess\.(?:run|call|check_call|check_output|Popen|getoutput)|pty\.spawn)\s*\(/
const environment =
  /(?:dict\s*\(\s*os\.environ\s*\)|str\s*\(\s*os\.environ\s*\)|json\.dumps\s*\(\s*(?:dict\s*\(\s*)?os\.environ|os\.environ\.(?:items|copy)\s*\(|=\s*os\.environ\s*[,)}])/
const identity = /\b(?:socket\.gethostname|getpass\.getuser|platform\.node|os\.getlogin|os\.uname)\s*\(/
const socketShell =
  /socket\.socket\s*\([\s\S]{0,2000}(?:os\.dup2|pty\.spawn|subprocess\.(?:Popen|call|run)\s*\(\s*\[?\s*['"]\/bin\/(?:ba)?sh)/

/** Rules for Python are patterns over its text; `setup.py` is what runs at installation. */
export function pythonSightings(path: string, text: string): readonly CodeSighting[] {
  const starts = lineStarts(text)
  const found: CodeSighting[] = []
  const see = (rule: RuleId, index: number, message: string) => found.push({ rule, line: lineAt(starts, index), message })
  const where = (pattern: RegExp): number => text.search(pattern)
  const whenBoth = (rule: RuleId, [first, second]: readonly [RegExp, RegExp], message: string) => {
    const index = where(first)
    if (index >= 0 && second.test(text)) see(rule, index, message)
  }
  const single: readonly (readonly [RuleId, RegExp, string])[] = [
    ['python/eval-of-decoded', evaluatesDecoded, 'runs code that it decodes first'],
    ['code/reverse-shell', socketShell, 'joins a shell to a connection'],
    ['code/crypto-miner', miner, 'starts or feeds a miner of coins'],
  ]
  for (const [rule, pattern, message] of single) if (where(pattern) >= 0) see(rule, where(pattern), message)
  whenBoth('code/reverse-shell', [reverseShell, spawns], 'a command that opens a shell to elsewhere')
  whenBoth('code/sends-environment', [environment, posts], 'puts all environment variables together near a request')
  whenBoth('code/sends-identity', [identity, posts], 'asks for host or user names near a request')
  whenBoth('code/exfiltration-host', [dropHosts, requests], 'talks to a place that takes what anybody sends')
  whenBoth('code/exfiltration-host', [pasteHosts, requests], 'fetches from a place where anybody leaves text')
  whenBoth('code/raw-address', [rawAddress, requests], 'talks to an address without a name')
  whenBoth('code/persistence', [persistence, /\bopen\s*\(|subprocess|os\.system/], 'arranges to be started again')
  const credentials = sentCredentials(text)
  if (credentials) see(credentials.rule, credentials.index, `names credentials (${credentials.kinds.join(', ')}) near a request`)
  if (/(^|\/)setup\.py$/.test(path)) setupSightings(text, see)
  return found
}

function sentCredentials(text: string): { rule: RuleId; index: number; kinds: readonly string[] } | undefined {
  if (!requests.test(text)) return undefined
  const strings = [...text.matchAll(/(['"])((?:\\.|(?!\1)[^\\\n]){3,300})\1/g)].slice(0, 5000)
  const hits = credentialKinds.flatMap(([kind, pattern]) => {
    const index = strings.find((match) => pattern.test(match[2] ?? ''))?.index
    return index === undefined ? [] : [{ kind, index }]
  })
  const [first] = hits
  if (!first) return undefined
  const isForNobody = dropHosts.test(text) || rawAddress.test(text)
  const rule = hits.length >= 3 || isForNobody ? 'code/sends-credentials' : 'code/reads-credentials'
  return { rule, index: first.index, kinds: hits.map(({ kind }) => kind) }
}

function setupSightings(text: string, see: (rule: RuleId, index: number, message: string) => void): void {
  const runs = text.search(evaluates)
  const starts = text.search(spawns)
  const command = text.search(fetchAndRun)
  const isFetching = requests.test(text)
  if (command >= 0) see('python/setup-downloads', command, 'setup.py has a command that fetches something and runs it')
  else if (isFetching && (runs >= 0 || starts >= 0))
    see('python/setup-downloads', Math.max(runs, starts), 'setup.py makes requests and runs something')
  else if (posts.test(text) && identity.test(text))
    see('python/setup-downloads', text.search(identity), 'setup.py sends what it read of the machine')
  else if (starts >= 0) see('python/setup-spawns', starts, 'setup.py starts programs')
}
