CREATE TABLE [dbo].[odd ]]name] (
  [plant] INT NOT NULL,
  [name] NVARCHAR(100) NOT NULL,
  [botanist] NVARCHAR(200) NULL,
  [take]]n at] DATETIME2(3) NOT NULL,
  [moisture] FLOAT NULL,
  [price] DECIMAL(38,10) NULL,
  [big] BIGINT NOT NULL,
  [alive] BIT NOT NULL,
  [seen] DATE NOT NULL,
  [picture] VARBINARY(MAX) NULL,
  [more] NVARCHAR(MAX) NULL,
  [note] NVARCHAR(MAX) NULL,
  PRIMARY KEY ([plant], [take]]n at])
);
