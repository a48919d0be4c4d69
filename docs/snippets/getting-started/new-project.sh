# #region make
npx @millrace/cli init orders
cd orders
npm install
npm start
# #endregion
# #region test
npm test
# #endregion
# #region show
npx millrace rejects show src/orders.ts
# #endregion
# #region replay
npx millrace rejects replay src/orders.ts
# #endregion
