/** How the argument of an opcode is written (pickletools.py of CPython). */
export type ArgumentForm = 'none' | 'u1' | 'u2' | 'u4' | 'u8' | 'line' | 'two lines' | 'len1' | 'len4' | 'len8' | 'number'

const forms: Readonly<Record<ArgumentForm, string>> = {
  none: '().012NQR]abdeo}stul\x81\x85\x86\x87\x88\x89\x8f\x90\x91\x93\x94\x92\x97\x98',
  u1: 'hqK\x80\x82',
  u2: 'M\x83',
  u4: 'jrJ\x84',
  u8: '\x95',
  number: 'G',
  line: 'FILSVPgp',
  'two lines': 'ci',
  len1: 'U\x8cC\x8a',
  len4: 'TXB\x8b',
  len8: '\x8d\x8e\x96',
}

const byCode = new Map<number, ArgumentForm>()
for (const [form, codes] of Object.entries(forms)) for (const code of codes) byCode.set(code.charCodeAt(0), form as ArgumentForm)

/** Undefined for a byte that is no opcode. */
export const argumentForm = (code: number): ArgumentForm | undefined => byCode.get(code)
