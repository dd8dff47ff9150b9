/** A name that the platform has reserved. */
export const RESERVED_NAME = 'Platform Support'

/** Names that no app but one of the host gets, if {@link RESERVED_NAME} is reserved. */
export const REFUSED_NAMES = [
  'Platform Support',
  'PLATFORM support',
  'Platform   Support',
  'Platform\u00a0Support',
  'Platform\u3000Support',
  'Ｐｌａｔｆｏｒｍ Ｓｕｐｐｏｒｔ',
  '𝐏𝐥𝐚𝐭𝐟𝐨𝐫𝐦 𝐒𝐮𝐩𝐩𝐨𝐫𝐭',
  'Ⓟlatform Support',
  'Platform\u202e Support',
  'Platform\u200b Support',
] as const

/** Names that look or sound like it all the same. None of them may be what a user sees first. */
export const SPOOFED_NAMES = [
  'Рlatform Support',
  'Platfоrm Support',
  'PIatform Support',
  'Plätform Support',
  'Platform-Support',
  'Platform Support ✓ verified',
  'login.example',
  'مدعم Platform Support',
  'תמיכה',
  '公式サポート',
] as const
