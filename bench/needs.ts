/** The variable that holds `sqlserver://user:password@host:port/database` of a server that may be filled. */
export const sqlServerVariable = 'MILLRACE_TEST_SQLSERVER'
