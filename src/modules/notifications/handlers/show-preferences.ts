import { defineHandler } from '../../../shared/kernel/handler.ts'
import { Preferences, PreferencesView } from '../preferences.service.ts'

export const showPreferences = defineHandler({
  method: 'GET',
  url: '/v1/me/notification-preferences',
  auth: 'read',
  summary: 'Which notices the caller gets, and where',
  tags: ['notifications'],
  schema: { response: { 200: PreferencesView } },
  deps: { preferences: Preferences },
  handle: ({ principal }, { preferences }) => preferences.find(principal),
})
