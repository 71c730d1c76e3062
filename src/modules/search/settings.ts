import { type Static, Type } from '@sinclair/typebox'
import { elasticsearchSettings } from './elasticsearch/settings.ts'
import { semanticSettings } from './semantic/semantic-settings.ts'

export const SearchSettings = Type.Object({ ...elasticsearchSettings, ...semanticSettings })
export type SearchSettings = Static<typeof SearchSettings>
