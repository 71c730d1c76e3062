import type { RuleId } from './catalogue.ts'
import type { CodeView } from './code-view.ts'
import {
  clipboard,
  coinAddress,
  destruction,
  dropHosts,
  fetchAndRun,
  miner,
  pasteHosts,
  persistence,
  propagation,
  rawAddress,
  reverseShell,
  sendsByCommand,
  sensitiveWhenHidden,
  workflowTheft,
} from './patterns.ts'

export interface CodeSighting {
  readonly rule: RuleId
  readonly line: number
  readonly message: string
}

type CodeRule = (view: CodeView) => CodeSighting | undefined

const sighting = (rule: RuleId, at: { readonly line: number } | undefined, message: string): CodeSighting | undefined =>
  at && { rule, line: at.line, message }
const shown = (text: string): string => `“${text.slice(0, 60)}”`

const hiddenString: CodeRule = (view) => {
  const found = view.code.strings.find(({ value, isHidden }) => isHidden && value.length < 2000 && sensitiveWhenHidden.test(value))
  const [used] = view.of('uses hidden')
  return sighting('code/hidden-string', found ?? used, `${shown(found?.value ?? used?.detail ?? '')} is written so that nobody reads it`)
}
const evalOfDecoded: CodeRule = (view) =>
  sighting('code/eval-of-decoded', view.of('evaluates decoded')[0], 'runs code that it decodes first')
const evalOfDecrypted: CodeRule = (view) =>
  sighting(
    'code/eval-of-decrypted',
    view.near(view.of('evaluates', 'evaluates decoded', 'compiles'), view.of('decrypts')),
    'runs code that it decrypts first',
  )
const evalOfDownloaded: CodeRule = (view) =>
  sighting(
    'code/eval-of-downloaded',
    view.near(view.of('evaluates', 'evaluates decoded', 'compiles'), view.of('sends')),
    'runs code near a request',
  )

const dropper: CodeRule = (view) => {
  const payload = view.code.strings.filter(({ value }) => value.length >= 600 && /^[A-Za-z0-9+/=\s]+$/.test(value.slice(0, matchedPayload)))
  const found = view.near(view.of('spawns'), view.of('decodes'), view.of('writes files'))
  return payload.length > 0 ? sighting('code/dropper', found, 'decodes a long text, writes it to a file and starts a program') : undefined
}
const matchedPayload = 5000

const dnsExfiltration: CodeRule = (view) =>
  sighting(
    'code/dns-exfiltration',
    view.near(view.of('looks up names'), view.of('encodes', 'identity', 'serialises environment')),
    'looks up names that carry what it read',
  )

const shells = /^(?:\/bin\/|\/usr\/bin\/)?(?:ba|z|da)?sh(?:\s+-i)?$|^cmd(?:\.exe)?$|^powershell(?:\.exe)?$/i
const shellOverSocket: CodeRule = (view) => {
  const started = view.of('spawns').filter(({ detail }) => shells.test(detail.trim()))
  return sighting('code/reverse-shell', view.near(started, view.of('connects')), 'joins a shell to a connection')
}
const shellCommand: CodeRule = (view) => {
  const written = view.strings(reverseShell)
  return sighting('code/reverse-shell', view.near(written, view.of('spawns', 'connects')), `a command that opens a shell to elsewhere`)
}

const sendsEnvironment: CodeRule = (view) => {
  const whole = view.of('serialises environment')
  const listed = view.near(view.of('whole environment'), [...view.strings(dropHosts), ...view.strings(rawAddress)])
  const found = view.near(listed ? [...whole, listed] : whole, view.sends)
  return sighting('code/sends-environment', found, 'puts all environment variables together near a request')
}
const sendsIdentity: CodeRule = (view) =>
  sighting(
    'code/sends-identity',
    view.near(
      view.of('identity').filter(({ detail }) => /hostname|userInfo/.test(detail)),
      view.of('sends', 'connects'),
    ),
    'asks for host or user names near a request',
  )

const sendsCredentials: CodeRule = (view) => {
  const commands = view.of('spawns').filter(({ detail }) => sendsByCommand.test(detail))
  const ways = [...view.sends, ...commands]
  const { kinds, line } = view.credentialsNear(ways)
  if (kinds.length === 0) return undefined
  const isForNobody = [...view.strings(dropHosts), ...view.strings(rawAddress)].length > 0
  const rule = kinds.length >= 3 || isForNobody ? 'code/sends-credentials' : 'code/reads-credentials'
  return sighting(rule, { line }, `names credentials (${kinds.join(', ')}) near a request`)
}

const dropHost: CodeRule = (view) => {
  const found = view.near([...view.strings(dropHosts), ...view.strings(pasteHosts)], [...view.sends, ...view.of('spawns')])
  return sighting('code/exfiltration-host', found, `talks to ${shown(found?.value ?? '')}`)
}
const rawHost: CodeRule = (view) => {
  const found = view.near(view.strings(rawAddress), [...view.sends, ...view.of('spawns')])
  return sighting('code/raw-address', found, `talks to ${shown(found?.value ?? '')}, an address without a name`)
}
const downloadsAndRuns: CodeRule = (view) => {
  const command =
    view.of('spawns').find(({ detail }) => fetchAndRun.test(detail)) ?? view.near(view.strings(fetchAndRun), view.of('spawns'))
  const steps = view.near(view.of('spawns'), view.of('sends'), view.of('writes files', 'makes executable'))
  return sighting('code/downloads-and-runs', command ?? steps, 'fetches, writes and starts something')
}
const hiddenProcess: CodeRule = (view) =>
  sighting('code/hidden-process', view.of('spawns hidden')[0], 'starts a process that outlives it without a window or output')

const clipboardWallet: CodeRule = (view) => {
  const coins = view.strings(coinAddress)
  const uses = view.of('uses').filter(({ detail }) => detail === 'clipboardy')
  const found = view.near([...view.strings(clipboard), ...uses], coins)
  return new Set(coins.map(({ value }) => value)).size >= 2
    ? sighting('code/clipboard-wallet', found, 'puts its own coin addresses where the clipboard is')
    : undefined
}
const hooksWallet: CodeRule = (view) => {
  const coins = new Set(view.strings(coinAddress).map(({ value }) => value))
  return coins.size >= 3
    ? sighting('code/hooks-wallet', view.of('overrides')[0], 'replaces functions of the browser and has coin addresses ready')
    : undefined
}

const selfPropagation: CodeRule = (view) => {
  const theft = view.near(view.strings(workflowTheft), [...view.sends, ...view.of('spawns', 'writes files')])
  const publishes = view.strings(propagation)[0]
  const searches = view.strings(/maintainer:|\/-\/whoami|\b(?:pre|post)install\b/)
  const spreads =
    publishes && searches.length > 0 && view.strings(/_authToken|NPM_TOKEN|\.npmrc/).length > 0 && view.of('writes files').length > 0
  return sighting(
    'code/self-propagation',
    theft ?? (spreads ? publishes : undefined),
    'publishes packages of whoever installs it, or takes their secrets from builds',
  )
}
const minesCoins: CodeRule = (view) =>
  sighting('code/crypto-miner', view.near(view.strings(miner), [...view.of('spawns'), ...view.sends]), 'starts or feeds a miner of coins')
const staysAround: CodeRule = (view) =>
  sighting('code/persistence', view.near(view.strings(persistence), view.of('writes files', 'spawns')), 'arranges to be started again')
const destroys: CodeRule = (view) =>
  sighting('code/destroys-files', view.near(view.strings(destruction), view.of('spawns')), 'deletes everything of the user or the machine')

const obfuscated: CodeRule = ({ code }) => {
  if (code.hexNames < 30) return undefined
  const isAll = code.hexNames > code.names * 0.3
  return {
    rule: isAll ? 'code/obfuscated' : 'code/obfuscated-part',
    line: 1,
    message: `${code.hexNames} names as an obfuscator gives them`,
  }
}
const escapedStrings: CodeRule = ({ code }) => {
  const hidden = code.strings.filter(({ isHidden, value }) => isHidden && value.length >= 4)
  return hidden.length >= 40
    ? sighting('code/obfuscated', hidden[0], `${hidden.length} strings are written so that nobody reads them`)
    : undefined
}

const all: readonly CodeRule[] = [
  hiddenString,
  evalOfDecoded,
  evalOfDecrypted,
  evalOfDownloaded,
  dropper,
  dnsExfiltration,
  shellOverSocket,
  shellCommand,
  sendsEnvironment,
  sendsIdentity,
  sendsCredentials,
  dropHost,
  rawHost,
  downloadsAndRuns,
  hiddenProcess,
  clipboardWallet,
  hooksWallet,
  selfPropagation,
  minesCoins,
  staysAround,
  destroys,
  obfuscated,
  escapedStrings,
]

/** What one file of code does, whoever starts it. */
export function codeSightings(view: CodeView): readonly CodeSighting[] {
  return all.flatMap((rule) => rule(view) ?? [])
}
