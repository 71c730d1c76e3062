import { defineHandler } from '../../../shared/kernel/handler.ts'
import { Preferences, PreferencesChange, PreferencesView } from '../preferences.service.ts'

export const changePreferences = defineHandler({
  method: 'PATCH',
  url: '/v1/me/notification-preferences',
  auth: 'publish',
  summary: 'Choose notices: in the feed or not; by mail at once, daily, weekly or not',
  tags: ['notifications'],
  bodyLimit: 16_384,
  schema: { body: PreferencesChange, response: { 200: PreferencesView } },
  deps: { preferences: Preferences },
  handle: ({ principal, body }, { preferences }) => preferences.change(principal, body),
})
