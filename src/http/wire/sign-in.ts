/** Returns the signed-in account with its login, if known, or the Response that starts sign-in and comes back afterwards. */
export type SignIn = (
  request: Request,
) => Promise<{ readonly account: string; readonly login?: string | undefined } | Response>
