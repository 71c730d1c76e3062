import type { Command } from 'commander'
import { type Environment, withContext } from '../context.ts'
import { type Verification, type VerifyOptions, verifyArtifact } from '../verify/verify-artifact.ts'

/** verify. */
export function verifyCommands(program: Command, environment: Environment): void {
  program
    .command('verify <artifact>')
    .description('check digest, signature, log inclusion and checkpoint of namespace/name@version or namespace/name:tag on this machine')
    .option('--format <format>', 'when several artifacts have this name')
    .option('--save <file>', 'keep all that was checked as a bundle')
    .option('--bundle <file>', 'check a kept bundle of that registry; needs no network')
    .option('--key <file>', 'trust this key of the log: what /v1/log/key answers, or its line; default: the one seen first')
    .option('--publisher-key <file>', 'demand a signature by this public key of the publisher (PEM or OpenPGP armor)')
    .option('--offline', 'refuse to ask the registry')
    .action(
      withContext<[string], VerifyOptions>(environment, async ({ args: [artifact], options, ...context }) => {
        const verification = await verifyArtifact(context, artifact, options)
        const { digest, index, logSize, log, signedBy, standing, trust } = verification
        const lines = [
          `verified ${verification.artifact}`,
          `  digest      ${digest}`,
          `  log         entry ${index} of ${logSize} in ${log}, ${standings[standing]}`,
          `  signed by   ${signedBy ?? 'nobody: a tag of no version'}`,
          `  publisher   ${publisherLine(verification)}`,
          `  trusting    ${trusts[trust]}`,
        ]
        context.output.result({ verified: true, ...verification }, lines.join('\n'))
      }),
    )
}

const publisherLine = ({ publisherSignature, publishers }: Verification): string => {
  if (publisherSignature?.endsWith('-of-file')) return `signed the bytes with the given key (${publisherSignature}), not their name`
  if (publisherSignature !== null) return `signed with the given key (${publisherSignature})`
  return publishers.length === 0 ? 'has not signed' : `${publishers.join(', ')}, says the registry: check with --publisher-key`
}

const standings = {
  first: 'seen for the first time',
  same: 'unchanged since it was seen last',
  grown: 'grown from what was seen last',
  newer: 'newer than what was seen last, which is not proven to be its beginning',
  older: 'as it was before it was seen last',
} as const
const trusts = { given: 'the key that was given', known: 'the key that was seen first', first: 'the key that the registry shows' } as const
