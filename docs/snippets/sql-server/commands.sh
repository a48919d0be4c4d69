# #region explain
npx millrace explain readings.ts
# #endregion
# #region run
export MILLRACE_SQLSERVER_USER=millrace MILLRACE_SQLSERVER_PASSWORD="$(cat ./password)"
npx millrace run readings.ts --to sqlserver://db.example.com/plants
# #endregion
# #region server
export MILLRACE_SQLSERVER_USER=sa MILLRACE_SQLSERVER_PASSWORD
read -rs MILLRACE_SQLSERVER_PASSWORD    # at least 8 characters, of three kinds
docker compose -f systems/plants/compose.yaml run --rm database
# #endregion
# #region demo
npm run demo:plants -- --to 'sqlserver://localhost:1433/plants?trustServerCertificate=true'
# #endregion
# #region down
docker compose -f systems/plants/compose.yaml down --volumes
# #endregion
