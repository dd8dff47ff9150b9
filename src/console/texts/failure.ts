/** Why there is no page. */
export type Failure =
  | 'accountBlocked'
  | 'crossSite'
  | 'invalidRequest'
  | 'methodNotAllowed'
  | 'notFound'
  | 'notPermitted'
  | 'outcomeUnknown'
  | 'serverError'
  | 'tooLarge'
  | 'unavailable'
  | 'wrongType'
