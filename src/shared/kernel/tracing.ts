import type { Attributes, Context, SpanContext, Tracer } from '@opentelemetry/api'
import { within } from './within.ts'

export interface SpanStart {
  readonly name: string
  readonly kind: 'server' | 'client' | 'consumer' | 'internal'
  /** W3C traceparent of what caused it, for example `RequestContext.trace`. */
  readonly parent?: string | null | undefined
  readonly attributes?: Attributes
}

export interface SpanEnd {
  readonly attributes?: Attributes
  /** Marks the span as failed. */
  readonly error?: unknown
}

export interface Span {
  /** What to hand on to whoever continues the trace. */
  readonly traceparent: string
  end(result?: SpanEnd): void
}

/** A collector that is away must not hold up the stop. */
const stopMs = 3_000

/** OpenTelemetry spans, without its global state: causes are passed on as W3C traceparent strings. */
export interface Tracing {
  start(span: SpanStart): Span
  /** Runs work inside a span that ends with it. */
  run<T>(span: SpanStart, work: (span: Span) => Promise<T>): Promise<T>
  /** Sends what is still buffered. */
  stop(): Promise<void>
}

export interface TracingOptions {
  /** Base URL of an OTLP/HTTP collector; `/v1/traces` is added. */
  readonly endpoint: string
  readonly version: string
  readonly attributes?: Attributes
}

/** Loads OpenTelemetry; call it only when an endpoint is set. */
export async function startTracing({ endpoint, version, attributes }: TracingOptions): Promise<Tracing> {
  const [api, { BatchSpanProcessor, NodeTracerProvider }, { OTLPTraceExporter }, { resourceFromAttributes }] = await Promise.all([
    import('@opentelemetry/api'),
    import('@opentelemetry/sdk-trace-node'),
    import('@opentelemetry/exporter-trace-otlp-http'),
    import('@opentelemetry/resources'),
  ])
  const exporter = new OTLPTraceExporter({ url: `${endpoint.replace(/\/+$/, '')}/v1/traces` })
  const provider = new NodeTracerProvider({
    resource: resourceFromAttributes({ 'service.name': 'gati-registry', 'service.version': version, ...attributes }),
    spanProcessors: [new BatchSpanProcessor(exporter, { scheduledDelayMillis: 1_000 })],
  })
  const start = starter(api, provider.getTracer('gati-registry', version))
  return { start, run: (span, work) => runInside(start(span), work), stop: async () => void (await within(stopMs, provider.shutdown())) }
}

type Api = typeof import('@opentelemetry/api')

function starter(api: Api, tracer: Tracer): Tracing['start'] {
  const kinds = {
    server: api.SpanKind.SERVER,
    client: api.SpanKind.CLIENT,
    consumer: api.SpanKind.CONSUMER,
    internal: api.SpanKind.INTERNAL,
  }
  return ({ name, kind, parent, attributes = {} }) => {
    const span = tracer.startSpan(name, { kind: kinds[kind], attributes }, contextOf(api, parent))
    return {
      traceparent: format(span.spanContext()),
      end: ({ attributes: more = {}, error } = {}) => {
        span.setAttributes(more)
        if (error !== undefined) span.setStatus({ code: api.SpanStatusCode.ERROR })
        if (error instanceof Error) span.recordException(error)
        span.end()
      },
    }
  }
}

async function runInside<T>(span: Span, work: (span: Span) => Promise<T>): Promise<T> {
  try {
    const result = await work(span)
    span.end()
    return result
  } catch (error) {
    span.end({ error })
    throw error
  }
}

function contextOf(api: Api, parent: string | null | undefined): Context {
  const [, traceId = '', spanId = '', flags = '00'] = parent?.split('-') ?? []
  const remote: SpanContext = { traceId, spanId, traceFlags: Number.parseInt(flags, 16), isRemote: true }
  return api.isSpanContextValid(remote) ? api.trace.setSpanContext(api.ROOT_CONTEXT, remote) : api.ROOT_CONTEXT
}

const format = ({ traceId, spanId, traceFlags }: SpanContext): string =>
  `00-${traceId}-${spanId}-${traceFlags.toString(16).padStart(2, '0')}`
