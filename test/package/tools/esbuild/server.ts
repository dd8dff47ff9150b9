import { verifiedAccount } from './program.js'

verifiedAccount().then((account) => process.stdout.write(account))
