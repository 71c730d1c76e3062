import { anonymous, type Principal } from '../../shared/kernel/principal.ts'
import { requestContext } from '../../shared/kernel/request-context.ts'
import type { AuthenticatorService } from './authenticator.service.ts'
import type { Accounts } from './contract.ts'
import { InvalidCredentials, PasswordTooShort, RegistrationClosed } from './errors.ts'
import type { FirstAdminService } from './first-admin.service.ts'
import type { Logins } from './logins.contract.ts'
import type { NewUser } from './user-creation.ts'

const maxUsernameLength = 100
const minPasswordLength = 8
const maxPasswordLength = 1_000

export interface LoginsDeps {
  readonly authenticator: AuthenticatorService
  readonly accounts: Accounts
  readonly firstAdmin: FirstAdminService
  readonly users: { register(caller: Principal, user: NewUser): Promise<unknown> }
  readonly registrationOpen: boolean
}

export class LoginsService implements Logins {
  readonly #deps: LoginsDeps
  constructor(deps: LoginsDeps) {
    this.#deps = deps
  }

  get registrationOpen(): boolean {
    return this.#deps.registrationOpen
  }

  async logIn({ otp, ...credential }: Parameters<Logins['logIn']>[0]): Promise<Principal> {
    const presented = nameAndSecret(credential)
    const principal = presented && (await this.#deps.authenticator.identify(presented, otp))
    if (!principal) throw new InvalidCredentials()
    actAs(principal.username)
    return principal
  }

  async logInOrRegister(...[credential, email]: Parameters<Logins['logInOrRegister']>): Promise<Principal> {
    const { accounts, firstAdmin, users } = this.#deps
    const { username, password } = credential
    await firstAdmin.ensure()
    if (await accounts.find(username)) return this.logIn(credential)
    if (!this.registrationOpen && email !== null) throw new RegistrationClosed()
    if (this.registrationOpen) {
      if (password.length < minPasswordLength) throw new PasswordTooShort()
      await users.register(anonymous, { username, password, email })
    }
    return this.logIn(credential)
  }
}

/** The request came without a credential; from here on it is known whose it is. */
export function actAs(username: string | undefined): void {
  const context = requestContext()
  if (context) context.actor = username ?? null
}

/** As Basic would carry them (RFC 7617 §2: no colon in a name), within what a user could have chosen. */
function nameAndSecret({ username, password }: { readonly username: string; readonly password: string }) {
  const possible = username.length <= maxUsernameLength && password.length <= maxPasswordLength && !/[:\0]/.test(username)
  return possible && !password.includes('\0') ? { scheme: 'basic' as const, username, password } : undefined
}
