import { describeSamples } from './conformance';
import { awsCloudtrail } from './folders/aws_cloudtrail';

describeSamples(awsCloudtrail, {
  records: 2395,
  rows: 2377,
  conflicts: 27,
  identity: ({ eventID, eventid }) => eventID ?? eventid,
});
