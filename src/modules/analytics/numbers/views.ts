import { type TObject, type TProperties, Type } from '@sinclair/typebox'
import { ArtifactFormatSchema, ArtifactTypeSchema } from '../../../shared/types/artifact-type.ts'

const Count = Type.Integer()
const Start = Type.String({ description: 'Beginning of the interval, UTC.' })
const Share = Type.Number({ description: 'Of the downloads, 0 to 1.' })
const Version = Type.Union([Type.String(), Type.Null()], { description: 'Null: all versions that are not listed.' })
const downloaded = { downloads: Type.Integer({ description: 'Installs included.' }), installs: Count }

const bounds = { interval: Type.String(), from: Type.String(), to: Type.String() }
const seriesOf = <I extends TProperties>(items: I) => Type.Object({ ...bounds, ...downloaded, items: Type.Array(Type.Object(items)) })

const clientDays = { description: 'Clients of each day, summed up; null where an interval is shorter than a day.' }
export const DownloadsView = seriesOf({
  ...{ start: Start, ...downloaded, clientDays: Type.Union([Type.Integer(), Type.Null()], clientDays) },
  publishes: Type.Integer({ description: 'Versions that came out.' }),
})
export const VersionDownloadsView = seriesOf({ version: Version, ...downloaded, share: Share })
export const DoorDownloadsView = seriesOf({ door: Type.String(), ...downloaded, share: Share })
export const AdoptionView = seriesOf({ start: Start, version: Version, ...downloaded, share: Share })

export const TrendView = Type.Object({
  period: Type.String(),
  current: Type.Object(downloaded),
  previous: Type.Object(downloaded),
  change: Type.Union([Type.Number(), Type.Null()], { description: '0.5: half as many more. Null: there were none before.' }),
})

const TopItem = Type.Object({
  ...{ namespace: Type.String(), name: Type.String(), format: ArtifactFormatSchema, type: ArtifactTypeSchema },
  ...downloaded,
})
export const TopView = Type.Object({ window: Type.String(), items: Type.Array(TopItem) })

export const NamespaceNumbersView = Type.Object({
  ...{ namespace: Type.String(), artifacts: Count, totalDownloads: Count, stars: Count, ...bounds },
  top: Type.Array(TopItem, { description: 'Most downloaded of the last 30 days, at most 20.' }),
  items: Type.Array(Type.Object({ start: Start, ...downloaded, clientDays: Type.Integer(clientDays), publishes: Count })),
})

export const RequestsView = Type.Object({
  ...bounds,
  items: Type.Array(
    Type.Object({
      start: Start,
      door: Type.String(),
      outcome: Type.String({ description: 'For example 2xx; gone for a client that left before its answer.' }),
      count: Count,
    }),
  ),
})

const KeptCount = Type.Union([Type.Integer(), Type.Null()], { description: 'Null: longer ago than it is kept.' })
const Missed = Type.Union([Type.String(), Type.Null()], { description: 'Null: all texts beyond the first 10,000 of their day.' })
export const SearchesView = Type.Object({
  ...bounds,
  items: Type.Array(Type.Object({ start: Start, searches: KeptCount, withoutResults: KeptCount })),
  missed: Type.Array(Type.Object({ text: Missed, searches: Count }), {
    description: 'What nothing was found for, most often first.',
  }),
})

/** What the columns of a list are called in CSV, in order. */
export const columnsOf = (view: TObject, list = 'items'): string[] => {
  const { items } = view.properties[list] as { items?: TObject }
  return Object.keys(items?.properties ?? {})
}
