import type { Handler } from '../../../shared/kernel/handler.ts'
import { changeProfile } from './handlers/change-profile.ts'
import { createToken } from './handlers/create-token.ts'
import { findCouchUser } from './handlers/find-couch-user.ts'
import { listTokens } from './handlers/list-tokens.ts'
import { logInCouch, logInCouchRevision } from './handlers/log-in-couch.ts'
import { logOut } from './handlers/log-out.ts'
import { openWebLogin } from './handlers/open-web-login.ts'
import { ping } from './handlers/ping.ts'
import { pollWebLogin } from './handlers/poll-web-login.ts'
import { revokeToken } from './handlers/revoke-token.ts'
import { showCaller } from './handlers/show-caller.ts'
import { showLoginPage } from './handlers/show-login-page.ts'
import { showProfile } from './handlers/show-profile.ts'
import { submitLoginPage } from './handlers/submit-login-page.ts'

export const loginHandlers: readonly Handler[] = [
  ...[ping, showCaller, logInCouch, logInCouchRevision, findCouchUser, logOut],
  ...[openWebLogin, showLoginPage, submitLoginPage, pollWebLogin],
  ...[showProfile, changeProfile, listTokens, createToken, revokeToken],
]
