import { Log } from '../../shared/kernel/logger.ts'
import { defineModule } from '../../shared/kernel/module.ts'
import { Outbound } from '../../shared/kernel/outbound.ts'
import { Repositories, Uploads } from '../artifacts/contract.ts'
import { Authorizer, DoorTokens } from '../auth/contract.ts'
import { Catalog } from '../metadata/contract.ts'
import { References } from '../metadata/references.contract.ts'
import { ByteBudget } from './byte-budget.ts'
import { Door, SessionPlaces } from './door.ts'
import { apiVersion, renderError } from './render-error.ts'
import { handlers } from './routes.ts'
import { OciSettings } from './settings.ts'
import { challenge } from './token/challenge.ts'
import { tokenHandlers } from './token/handlers.ts'
import { CacheNamespaces, DoorRepositories, DoorUploads, withUpstreams } from './upstream/upstreams.ts'

export default defineModule({
  name: 'oci',
  description: 'The door for container clients: OCI Distribution 1.1 under /v2/.',
  config: OciSettings,
  deps: {
    ...{ repositories: Repositories, uploads: Uploads, references: References },
    ...{ doorTokens: DoorTokens, authorizer: Authorizer, catalog: Catalog, outbound: Outbound, log: Log },
  },
  provides: { door: Door, repositories: DoorRepositories, uploads: DoorUploads, caches: CacheNamespaces },
  setup(deps, settings) {
    const manifestBytes = new ByteBudget(settings.maxManifestsHeld * settings.maxManifestSize)
    return { door: { settings, sessions: new SessionPlaces(), manifestBytes }, ...withUpstreams(deps, settings) }
  },
  handlers: [...tokenHandlers, ...handlers],
  capabilities: ['network'],
  http: {
    renderError,
    challenge,
    prepare(scope) {
      scope.addHook('onRequest', (_request, reply, done) => {
        reply.headers(apiVersion)
        done()
      })
    },
  },
})
