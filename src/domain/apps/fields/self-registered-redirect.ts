import { allowsSelfRegistered, type RedirectPolicy, schemeOf } from '../../input/redirect-policy.ts'
import { type FieldRule, refuse } from './field-rule.ts'
import { redirectRule } from './redirect-url.ts'

/** The rule for a redirect URL of an app that has registered itself: the option `selfRegistration` decides, and not `redirects`. */
export function selfRegisteredRedirectRule(policy: RedirectPolicy): FieldRule<string> {
  const { selfRegistered: allowed } = policy
  const named = typeof allowed === 'object' ? [...allowed].map((url) => schemeOf(url) ?? '') : []
  const rule = redirectRule({ isPublic: true, policy: { loopback: 'public', schemes: new Set(named) } })
  return {
    ...rule,
    check(text) {
      const outcome = rule.check(text)
      if (!outcome.ok || allowsSelfRegistered(policy, text)) return outcome
      return refuse('scheme_not_allowed', 'a redirect URL that the option selfRegistration.redirects allows')
    },
  }
}
