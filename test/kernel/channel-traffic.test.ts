import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { ChannelTraffic } from '../../src/shared/kernel/channel-traffic.ts'
import { recordLog } from '../../src/shared/testing/record-log.ts'

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['performance'] })
})
afterEach(() => {
  vi.useRealTimers()
})

test('live counts from when the heartbeat was sent, not from when it arrived', () => {
  const traffic = new ChannelTraffic('a', recordLog())
  expect(traffic.live).toBe(false)
  const [heartbeat = ''] = traffic.beat()
  vi.advanceTimersByTime(1_500)
  traffic.receive(heartbeat)
  expect(traffic.live).toBe(true)
  vi.advanceTimersByTime(501)
  expect(traffic.live).toBe(false)
})

test('only the own heartbeat counts, even of a process with the same id', () => {
  const [one, twin] = [new ChannelTraffic('a', recordLog()), new ChannelTraffic('a', recordLog())]
  for (const payload of one.beat()) twin.receive(payload)
  expect(twin.live).toBe(false)
})

test('a disconnection ends live at once and is logged once until the next heartbeat', () => {
  const log = recordLog()
  const traffic = new ChannelTraffic('a', log)
  for (const payload of traffic.beat()) traffic.receive(payload)
  expect(traffic.live).toBe(true)
  traffic.disconnected(new Error('on purpose'))
  traffic.disconnected(new Error('on purpose'))
  expect(traffic.live).toBe(false)
  for (const payload of traffic.beat()) traffic.receive(payload)
  expect(log.lines.map((line) => line.message)).toEqual(['channel connection lost', 'channel connection restored'])
})

test('a connection that swallows heartbeats is mute', () => {
  const traffic = new ChannelTraffic('a', recordLog())
  for (let i = 0; i < 3; i++) traffic.beat()
  expect(traffic.mute).toBe(false)
  const [heartbeat = ''] = traffic.beat()
  expect(traffic.mute).toBe(true)
  traffic.receive(heartbeat)
  expect(traffic.mute).toBe(false)
})

test('a lost message resets the others once', () => {
  const [a, b] = [new ChannelTraffic('a', recordLog()), new ChannelTraffic('b', recordLog())]
  const resets = vi.fn()
  a.onReset(resets)
  b.onReset(resets)
  a.lost()
  for (const payload of [...a.beat(), ...a.beat()]) for (const one of [a, b]) one.receive(payload)
  expect(resets).toHaveBeenCalledTimes(1)
})

test('a foreign payload is logged and ignored', () => {
  const log = recordLog()
  new ChannelTraffic('a', log).receive('what is this')
  expect(log.lines).toMatchObject([{ level: 'warn', message: 'channel payload not understood' }])
})
