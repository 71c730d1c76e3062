import { expect, test } from 'vitest'
import { isUnchanged } from '../../../src/shared/types/entity-tag.ts'

test.each(['"a"', 'W/"a"', '*', '"b", "a"', '"b",W/"a"'])('%s names the tag', (header) => expect(isUnchanged(header, '"a"')).toBe(true))
test.each([undefined, '', 'a', '"b"', '"a', 'W/"b"'])('%s does not', (header) => expect(isUnchanged(header, '"a"')).toBe(false))
