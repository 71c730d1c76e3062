import { Secret, TOTP } from 'otpauth'
import { describe, expect, test } from 'vitest'
import type { NpmClient } from './npm-client.ts'
import { ann, bob, type NpmRegistry, type Person } from './npm-registry.ts'
import { approveInBrowser } from './npm-web-login.ts'

/** Logins, tokens, profiles, organizations, teams, access: what is the same in npm 11 and 12. */
export function npmAccountTests(command: 'npm11' | 'npm12', registryOf: () => NpmRegistry): void {
  describe.concurrent(`accounts with ${command}`, () => {
    const published = async (name: string, npm: NpmClient, ...more: string[]) => {
      const cwd = await registryOf().packageFolder({ name, version: '1.0.0' })
      await npm.run(['publish', ...more], { cwd })
    }

    test('legacy login by name and password, whoami, logout', async () => {
      const npm = await registryOf().client(command)
      expect((await npm.attempt(['whoami'])).stderr).toMatch(/ENEEDAUTH/)
      await logIn(npm, ann)
      expect((await npm.run(['whoami'])).stdout.trim()).toBe('ann')
      const { stdout: token } = await npm.run(['config', 'list', '--json'])
      await npm.run(['logout'])
      expect((await npm.attempt(['whoami'])).stderr).toMatch(/ENEEDAUTH/)
      expect(token).not.toContain(ann.password)
    })

    test('a wrong password is refused', async () => {
      const npm = await registryOf().client(command)
      await expect(logIn(npm, { ...ann, password: 'wrong horse' })).rejects.toThrow(/E401|E403/)
    })

    test('login in a browser, by the page and the poll of npm', async () => {
      const npm = await registryOf().client(command)
      const shown = await npm.talk(
        ['login', '--auth-type=web', '--browser=false'],
        [{ when: /https?:\S+login\/\S+/, type: (text) => approveInBrowser(text, ann) }],
      )
      expect(shown).toMatch(/Logged in on/)
      expect((await npm.run(['whoami'])).stdout.trim()).toBe('ann')
    })

    test('ping and profile', async () => {
      const npm = await registryOf().client(command, ann)
      expect((await npm.run(['ping'])).stderr).toContain('PONG')
      expect(await npm.json(['profile', 'get', '--json'])).toMatchObject({ name: 'ann', email: 'ann@example.org', tfa: null })
      await npm.run(['profile', 'set', 'fullname', 'Ann of Acme'])
      expect(await npm.json(['profile', 'get', '--json'])).toMatchObject({ fullname: 'Ann of Acme' })
    })

    test('tokens are made, listed, used and revoked', async () => {
      const npm = await registryOf().client(command, ann)
      const made = await createToken(npm, 'robot')
      const listed = await npm.json<{ key: string; name: string; readonly: boolean }[]>(['token', 'list', '--json'])
      const robot = listed.find(({ name }) => name === 'robot')
      expect(robot).toBeDefined()
      const other = await registryOf().client(command, made)
      expect((await other.run(['whoami'])).stdout.trim()).toBe('ann')
      await npm.run(['token', 'revoke', robot?.key ?? ''])
      expect((await other.attempt(['whoami'])).stderr).toMatch(/E401/)
    })

    test('members of an organization and teams', async () => {
      // Not acme, whose stranger bob is to other tests.
      await registryOf().api('/v1/organizations', { method: 'POST', as: ann, body: { name: 'crew' } })
      const npm = await registryOf().client(command, ann)
      await npm.run(['org', 'set', 'crew', 'bob', 'developer'])
      expect(await npm.json(['org', 'ls', 'crew', '--json'])).toMatchObject({ ann: 'owner', bob: 'developer' })
      await npm.run(['team', 'create', '@crew:builders'])
      expect(await npm.json(['team', 'ls', '@crew', '--json'])).toEqual(expect.arrayContaining(['crew:builders']))
      await npm.run(['team', 'add', '@crew:builders', 'bob'])
      expect(await npm.json(['team', 'ls', '@crew:builders', '--json'])).toEqual(['bob'])
      await published('@crew/team-owned', npm)
      await npm.run(['access', 'grant', 'read-write', '@crew:builders', '@crew/team-owned'])
      expect(await npm.json(['access', 'list', 'packages', '@crew:builders', '--json'])).toEqual({ '@crew/team-owned': 'read-write' })
      await npm.run(['access', 'revoke', '@crew:builders', '@crew/team-owned'])
      expect(await npm.json(['access', 'list', 'packages', '@crew:builders', '--json'])).toEqual({})
      await npm.run(['team', 'rm', '@crew:builders', 'bob'])
      await npm.run(['team', 'destroy', '@crew:builders'])
      await npm.run(['org', 'rm', 'crew', 'bob'])
      expect(await npm.json(['org', 'ls', 'crew', '--json'])).toEqual({ ann: 'owner' })
    })

    test('access of a package: status, collaborators, packages', async () => {
      const npm = await registryOf().client(command, ann)
      await published('@acme/closed', npm, '--access=restricted')
      expect(await npm.json(['access', 'get', 'status', '@acme/closed', '--json'])).toEqual({ '@acme/closed': 'private' })
      const stranger = await registryOf().client(command, bob)
      expect((await stranger.attempt(['view', '@acme/closed', 'version'])).stderr).toContain('E404')
      await npm.run(['access', 'set', 'status=public', '@acme/closed'])
      expect(await npm.json(['access', 'get', 'status', '@acme/closed', '--json'])).toEqual({ '@acme/closed': 'public' })
      expect((await stranger.run(['view', '@acme/closed', 'version'])).stdout.trim()).toBe('1.0.0')
      await npm.run(['owner', 'add', 'bob', '@acme/closed'])
      expect(await npm.json(['access', 'list', 'collaborators', '@acme/closed', '--json'])).toMatchObject({ bob: 'read-write' })
      expect(await npm.json(['access', 'list', 'packages', 'acme', '--json'])).toMatchObject({ '@acme/closed': 'read-write' })
    })

    test('owners are added, listed and removed', async () => {
      const npm = await registryOf().client(command, ann)
      await published('@acme/owned', npm)
      await npm.run(['owner', 'add', 'bob', '@acme/owned'])
      expect((await npm.run(['owner', 'ls', '@acme/owned'])).stdout).toMatch(/^bob <.*>$/m)
      const newOwner = await registryOf().client(command, bob)
      const cwd = await registryOf().packageFolder({ name: '@acme/owned', version: '1.1.0' })
      await newOwner.run(['publish'], { cwd })
      await npm.run(['owner', 'add', 'ann', '@acme/owned'])
      await npm.run(['owner', 'rm', 'bob', '@acme/owned'])
      expect((await npm.run(['owner', 'ls', '@acme/owned'])).stdout).not.toContain('bob')
      const next = await registryOf().packageFolder({ name: '@acme/owned', version: '1.2.0' })
      expect((await newOwner.attempt(['publish'], { cwd: next })).stderr).toMatch(/E403|E404/)
    })

    test('a second factor: enabled with TOTP, asked for by publish and login, disabled', async () => {
      const eve: Person = { username: `eve-${command}`, password: 'correct staple horse battery' }
      await registryOf().api('/v1/users', { method: 'POST', body: { ...eve, email: `${eve.username}@example.org` } })
      const npm = await registryOf().client(command, eve)
      let secret = ''
      await npm.talk(
        ['profile', 'enable-2fa', 'auth-and-writes'],
        [
          { when: /password:/i, type: eve.password },
          {
            when: /authenticator:/,
            type: (shown) => {
              secret = /enter code: (\S+)/.exec(shown)?.[1] ?? ''
              return totp(secret, -1)
            },
          },
        ],
      )
      expect(await npm.json(['profile', 'get', '--json'])).toMatchObject({ tfa: { mode: 'auth-and-writes', pending: false } })
      const cwd = await registryOf().packageFolder({ name: `guarded-${command}`, version: '1.0.0' })
      expect((await npm.attempt(['publish'], { cwd })).stderr).toContain('EOTP')
      await npm.run(['publish', `--otp=${totp(secret)}`], { cwd })
      const other = await registryOf().client(command)
      await other.talk(
        ['login', '--auth-type=legacy'],
        [
          { when: /Username:/, type: eve.username },
          { when: /Password:/, type: eve.password },
          { when: /(?:OTP|one-time).*:/i, type: () => totp(secret, 1) },
        ],
      )
      expect((await other.run(['whoami'])).stdout.trim()).toBe(eve.username)
    })
  })
}

const logIn = (npm: NpmClient, { username, password }: Person): Promise<string> =>
  npm.talk(
    ['login', '--auth-type=legacy'],
    [
      { when: /Username:/, type: username },
      { when: /Password:/, type: password },
    ],
  )

async function createToken(npm: NpmClient, name: string): Promise<string> {
  const shown = await npm.talk(['token', 'create', `--name=${name}`], [{ when: /Password:/i, type: ann.password }])
  return /Created token (\S+)/.exec(shown)?.[1] ?? ''
}

/** The code of so many steps of 30 s from now. */
const totp = (secret: string, steps = 0): string =>
  new TOTP({ secret: Secret.fromBase32(secret) }).generate({ timestamp: Date.now() + steps * 30_000 })
