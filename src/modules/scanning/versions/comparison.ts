import { compareAlpine } from './alpine.ts'
import { compareComposer } from './composer.ts'
import { compareDebian } from './debian.ts'
import { compareMaven } from './maven.ts'
import type { Compare } from './order.ts'
import { comparePython } from './python.ts'
import { compareRpm } from './rpm.ts'
import { compareRuby } from './ruby.ts'
import { compareSemantic } from './semantic.ts'

/** By the name of the ecosystem before its release (https://ossf.github.io/osv-schema/#defined-ecosystems). */
const comparisons: Readonly<Record<string, Compare>> = {
  ...{ npm: compareSemantic, Go: compareSemantic, 'crates.io': compareSemantic, NuGet: compareSemantic, Hex: compareSemantic },
  ...{ Pub: compareSemantic, SwiftURL: compareSemantic, 'GitHub Actions': compareSemantic },
  ...{ PyPI: comparePython, RubyGems: compareRuby, Maven: compareMaven, Packagist: compareComposer },
  ...{ Debian: compareDebian, Ubuntu: compareDebian },
  ...{ Alpine: compareAlpine, Wolfi: compareAlpine, Chainguard: compareAlpine, Alpaquita: compareAlpine },
  ...{ 'Red Hat': compareRpm, 'Rocky Linux': compareRpm, AlmaLinux: compareRpm, openSUSE: compareRpm, SUSE: compareRpm },
  ...{ Fedora: compareRpm, Mageia: compareRpm, openEuler: compareRpm, 'Azure Linux': compareRpm },
}

/** How versions of an ecosystem are ordered; `undefined` where nobody knows. */
export function comparisonOf(ecosystem: string): Compare | undefined {
  const family = ecosystem.split(':', 1)[0] ?? ''
  return Object.hasOwn(comparisons, family) ? comparisons[family] : undefined
}
