import { type Static, Type } from '@sinclair/typebox'
import { elasticsearchSettings } from './elasticsearch/settings.ts'

export const SearchSettings = Type.Object(elasticsearchSettings)
export type SearchSettings = Static<typeof SearchSettings>
