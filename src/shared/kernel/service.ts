declare const phantom: unique symbol

/** Names a service one module provides and others may ask for. Pair it with an interface of the same name. */
export interface Service<out T> {
  readonly id: string
  readonly [phantom]?: T
}
export const service = <T>(id: string): Service<T> => ({ id })

export type Services = Readonly<Record<string, Service<unknown>>>
export type Resolved<D extends Services> = { readonly [K in keyof D]: D[K] extends Service<infer T> ? T : never }
export type Resolve = <T>(wanted: Service<T>) => T

export const resolveAll = <D extends Services>(deps: D, resolve: Resolve): Resolved<D> =>
  Object.fromEntries(Object.entries(deps).map(([name, wanted]) => [name, resolve(wanted)])) as Resolved<D>
