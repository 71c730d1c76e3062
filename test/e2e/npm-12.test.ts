import { npmAccountTests } from '../support/npm-cli-accounts.ts'
import { npmPackageTests } from '../support/npm-cli-packages.ts'
import { useNpmRegistry } from '../support/npm-test-file.ts'

const registry = useNpmRegistry()

npmAccountTests('npm12', registry)
npmPackageTests('npm12', registry)
