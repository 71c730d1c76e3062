import type { Finding } from '../../analysis.contract.ts'

interface Rule {
  readonly category: Finding['category']
  readonly severity: Finding['severity']
  readonly confidence: number
}

const malicious = (confidence: number): Rule => ({ category: 'malicious', severity: 'critical', confidence })
const suspicious = (confidence: number): Rule => ({
  category: 'suspicious',
  severity: confidence >= 0.6 ? 'high' : confidence >= 0.4 ? 'moderate' : 'low',
  confidence,
})
const secret = (severity: Finding['severity'], confidence: number): Rule => ({ category: 'secret', severity, confidence })
const model = (severity: Finding['severity'], confidence: number): Rule => ({ category: 'model', severity, confidence })
const archive = (severity: Finding['severity'], confidence: number): Rule => ({ category: 'archive', severity, confidence })

/** Every rule. What each looks for stands in `docs/scanning-rules.md`. */
export const rules = {
  'code/clipboard-wallet': malicious(0.9),
  'code/crypto-miner': malicious(0.85),
  'code/destroys-files': malicious(0.85),
  'code/dns-exfiltration': malicious(0.85),
  'code/downloads-and-runs': suspicious(0.45),
  'code/dropper': malicious(0.85),
  'code/eval-of-decoded': malicious(0.85),
  'code/eval-of-decrypted': malicious(0.9),
  'code/eval-of-downloaded': suspicious(0.65),
  'code/exfiltration-host': suspicious(0.6),
  'code/hidden-by-whitespace': malicious(0.85),
  'code/hidden-process': suspicious(0.4),
  'code/hidden-string': malicious(0.85),
  'code/hooks-wallet': malicious(0.9),
  'code/invisible-characters': malicious(0.9),
  'code/obfuscated': suspicious(0.6),
  'code/obfuscated-part': malicious(0.85),
  'code/persistence': suspicious(0.6),
  'code/raw-address': suspicious(0.45),
  'code/reads-credentials': suspicious(0.25),
  'code/reverse-shell': malicious(0.95),
  'code/self-propagation': malicious(0.9),
  'code/sends-credentials': malicious(0.85),
  'code/sends-environment': malicious(0.85),
  'code/sends-identity': suspicious(0.5),
  'npm/dependency-confusion': suspicious(0.6),
  'npm/install-script-downloads': malicious(0.9),
  'npm/install-script-evaluates': suspicious(0.45),
  'npm/install-script-fetches': suspicious(0.4),
  'npm/install-script-hides': malicious(0.85),
  'npm/install-script-sends': malicious(0.85),
  'npm/install-script-spawns': suspicious(0.3),
  'npm/install-script-unread': suspicious(0.4),
  'npm/remote-dependency': suspicious(0.55),
  'npm/typosquat': suspicious(0.55),
  'npm/unexpected-native': suspicious(0.4),
  'npm/disguised-native': malicious(0.8),
  'python/eval-of-decoded': malicious(0.85),
  'python/setup-downloads': malicious(0.85),
  'python/setup-spawns': suspicious(0.5),
  'secret/aws-key': secret('critical', 0.95),
  'secret/env-file': secret('high', 0.7),
  'secret/gcp-key': secret('critical', 0.95),
  'secret/github-token': secret('critical', 0.95),
  'secret/npm-token': secret('critical', 0.95),
  'secret/private-key': secret('critical', 0.9),
  'secret/slack-token': secret('high', 0.9),
  'secret/stripe-key': secret('critical', 0.95),
  'model/code-in-config': model('critical', 0.9),
  'model/damaged': model('moderate', 0.4),
  'model/dangerous-global': model('critical', 0.95),
  'model/format-mismatch': model('high', 0.6),
  'model/keras-lambda': model('critical', 0.9),
  'model/metadata-missing': model('low', 0.3),
  'model/nested-pickle': model('moderate', 0.5),
  'model/pickle': model('info', 0.1),
  'model/torchscript-code': model('low', 0.3),
  'model/unknown-global': model('high', 0.6),
  'archive/bomb': archive('high', 0.9),
  'archive/damaged': archive('moderate', 0.6),
  'archive/device': archive('moderate', 0.6),
  'archive/duplicate': archive('low', 0.4),
  'archive/encrypted': archive('moderate', 0.6),
  'archive/escaping-link': archive('high', 0.8),
  'archive/link': archive('low', 0.3),
  'archive/limit-reached': archive('high', 0.7),
  'archive/odd-inside-image': archive('info', 0),
  'archive/odd-path': archive('low', 0.4),
  'archive/too-deep': archive('moderate', 0.6),
  'archive/traversal': archive('high', 0.9),
} as const satisfies Readonly<Record<string, Rule>>

export type RuleId = keyof typeof rules
