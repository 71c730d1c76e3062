import { expect, test } from 'vitest'
import { checksOf } from './junit.ts'

test('the report of the redesigned suite is read: what passed, what was skipped, what failed and why', () => {
  const report = `<testsuites tests="3"><testsuite name="OCI"><properties><property name="a" value="b"></property></properties>
    <testcase name="OCI/ping" classname="" time="0.1" status="passed"><system-err>GET /v2/ &gt; 200</system-err></testcase>
    <testcase name="OCI/&#34;tags&#34;" classname="" status="skipped"/>
    <testcase name="OCI/blob &amp; range" classname="" time="0.2" status="failure"><system-out>status 200, want &#39;206&#39;&#xA;and more</system-out></testcase>
    </testsuite></testsuites>`
  expect(checksOf(report)).toEqual([
    { name: 'OCI/ping', status: 'passed', said: '' },
    { name: 'OCI/"tags"', status: 'skipped', said: '' },
    { name: 'OCI/blob & range', status: 'failure', said: "status 200, want '206'\nand more" },
  ])
})

test('the report of Ginkgo is read: the reason of a failure is the message of its verdict', () => {
  const report = `<testsuites tests="3"><testsuite name="conformance tests">
    <testcase name="[It] Pull" classname="conformance tests" status="passed" time="0.1">
      <system-err>&gt; Enter [It]</system-err></testcase>
    <testcase name="[It] Push" classname="conformance tests" status="skipped" time="0">
      <skipped message="skipped - you have skipped this test."></skipped><system-err></system-err></testcase>
    <testcase name="[It] Tags" classname="conformance tests" status="failed" time="0">
      <failure message="Expected&#xA;    &lt;int&gt;: 401&#xA;to equal&#xA;    &lt;int&gt;: 200" type="failed">[FAILED] stack</failure></testcase>
    </testsuite></testsuites>`
  expect(checksOf(report)).toEqual([
    { name: '[It] Pull', status: 'passed', said: '' },
    { name: '[It] Push', status: 'skipped', said: '' },
    { name: '[It] Tags', status: 'failed', said: 'Expected\n    <int>: 401\nto equal\n    <int>: 200' },
  ])
})
