import { createAppGrant } from 'appgrant'
import { createHandler, protect } from 'appgrant/http'
import { sqliteStore } from 'appgrant/sqlite'

const issuer = `http://127.0.0.1:${process.env.PORT}/oauth`
const appgrant = createAppGrant({ store: sqliteStore('appgrant.db'), issuer })
export const handler = createHandler(appgrant)
export const guard = protect(appgrant.authorizer)
