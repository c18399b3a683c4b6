// Against AWS's own vectors: the Signature Version 4 test suite ("get-vanilla"), and the worked example of
// the General Reference (ListUsers of IAM).

#include "ec2sim/sigv4.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"

#include "ec2sim/ec2_error.h"

namespace rexray::ec2sim {
namespace {

constexpr char kSecret[] = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY";

http::Request Vanilla() {
  return {"GET",
          "/",
          {{"host", "example.amazonaws.com"},
           {"x-amz-date", "20150830T123600Z"},
           {"authorization",
            "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request, "
            "SignedHeaders=host;x-amz-date, "
            "Signature=5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31"}},
          ""};
}

absl::Status Check(const http::Request& request, const char* secret, const char* now) {
  const auto claim = ReadClaim(request);
  if (!claim.ok()) return claim.status();
  return CheckSignature(request, *claim, secret, *ParseAmzDate(now), std::chrono::minutes(5));
}

TEST(SigV4, TheTestSuitesFirstVector) {
  EXPECT_EQ(Check(Vanilla(), kSecret, "20150830T123600Z"), absl::OkStatus());
}

TEST(SigV4, TheWorkedExampleOfTheGeneralReference) {
  const http::Request request{
      "GET",
      "/?Action=ListUsers&Version=2010-05-08",
      {{"content-type", "application/x-www-form-urlencoded; charset=utf-8"},
       {"host", "iam.amazonaws.com"},
       {"x-amz-date", "20150830T123600Z"},
       {"authorization",
        "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/iam/aws4_request, "
        "SignedHeaders=content-type;host;x-amz-date, "
        "Signature=5d672d79c15b13162d9279b0855cfba6789a8edb4c82c400e06b5924a6f2b5d7"}},
      ""};
  EXPECT_EQ(Check(request, kSecret, "20150830T123959Z"), absl::OkStatus());
}

TEST(SigV4, AnotherSecretBodyOrHeaderDoesNotMatch) {
  EXPECT_EQ(Ec2CodeOf(Check(Vanilla(), "another", "20150830T123600Z")), "SignatureDoesNotMatch");
  http::Request changed = Vanilla();
  changed.body = "Action=DeleteVolume";
  EXPECT_EQ(Ec2CodeOf(Check(changed, kSecret, "20150830T123600Z")), "SignatureDoesNotMatch");
  changed = Vanilla();
  changed.headers[0].second = "elsewhere.amazonaws.com";
  EXPECT_EQ(Ec2CodeOf(Check(changed, kSecret, "20150830T123600Z")), "SignatureDoesNotMatch");
}

TEST(SigV4, AClockThatIsFiveMinutesOffIsTooFar) {
  EXPECT_EQ(Ec2CodeOf(Check(Vanilla(), kSecret, "20150830T124101Z")), "RequestExpired");
  EXPECT_EQ(Ec2CodeOf(Check(Vanilla(), kSecret, "20150830T123059Z")), "RequestExpired");
}

TEST(SigV4, WhatIsMissingIsNamed) {
  http::Request request = Vanilla();
  request.headers.pop_back();
  EXPECT_EQ(Ec2CodeOf(ReadClaim(request).status()), "MissingAuthenticationToken");
  request.headers.emplace_back("authorization", "Basic Zm9vOmJhcg==");
  EXPECT_EQ(Ec2CodeOf(ReadClaim(request).status()), "IncompleteSignature");
  request.headers.back().second =
      "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830, SignedHeaders=host, Signature=00";
  EXPECT_EQ(Ec2CodeOf(ReadClaim(request).status()), "IncompleteSignature");
}

TEST(SigV4, DatesThatAreNone) {
  for (const char* text : {"", "20150830", "20151330T123600Z", "20150231T123600Z", "20150830 123600Z"}) {
    EXPECT_FALSE(ParseAmzDate(text).has_value()) << text;
  }
}

}  // namespace
}  // namespace rexray::ec2sim
