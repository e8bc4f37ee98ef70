#include "errors.h"

#include <gmock/gmock.h>

#include "gatehouse/base/clock.h"

namespace gatehouse::gateway {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

Error two_faults() {
  std::vector<FieldFault> faults;
  faults.emplace_back("/max_tokens", "is below 1", "an integer from 1 to 4096");
  faults.emplace_back("/stop/1", "is no string", "a string");
  return caller_error("invalid_value", "2 fields are wrong").with_faults(std::move(faults));
}

TEST(ErrorResponse, SpeaksOpenAiOnV1WithAllFourKeys) {
  const net::Response response = error_response(two_faults(), Dialect::openai, "r1");
  EXPECT_EQ(response.status(), 400);
  EXPECT_EQ(response.body(),
            R"({"error":{"message":"2 fields are wrong","type":"invalid_request_error","param":"max_tokens","code":"invalid_value"}})");
}

TEST(ErrorResponse, NamesEveryFieldOnApi) {
  const net::Response response = error_response(two_faults(), Dialect::api, "r1");
  EXPECT_EQ(response.status(), 422);
  EXPECT_THAT(response.body(), HasSubstr(R"("request_id":"r1")"));
  EXPECT_THAT(response.body(), HasSubstr(R"("path":"/max_tokens")"));
  EXPECT_THAT(response.body(), HasSubstr(R"("path":"/stop/1")"));
}

TEST(ErrorResponse, WhatIsNoJsonIs400Everywhere) {
  const Error error = caller_error("json_invalid", "not JSON");
  EXPECT_EQ(error_response(error, Dialect::api, "r").status(), 400);
  EXPECT_EQ(error_response(error, Dialect::openai, "r").status(), 400);
}

TEST(ErrorResponse, KeepsInternalsInside) {
  const Error error = internal_error("store_broken", "table users is locked");
  for (const Dialect dialect : {Dialect::api, Dialect::openai}) {
    const net::Response response = error_response(error, dialect, "r");
    EXPECT_EQ(response.status(), 500);
    EXPECT_THAT(response.body(), Not(HasSubstr("users")));
  }
  EXPECT_THAT(error_body(error, Dialect::openai, "r"), HasSubstr(R"("code":null)"));
}

TEST(ErrorResponse, SaysWhenToTryAgainInBothUnits) {
  const Error error = Error(Code::unavailable, Origin::engine, "model_loading", "loading").with_retry(Retry::after(milliseconds(1500)));
  const net::Response response = error_response(error, Dialect::openai, "r");
  EXPECT_EQ(response.status(), 503);
  EXPECT_THAT(response.extra_fields(), HasSubstr("Retry-After: 2\r\n"));
  EXPECT_THAT(response.extra_fields(), HasSubstr("retry-after-ms: 1500\r\n"));
}

TEST(ErrorResponse, StopsClientsFromTryingAgainInVain) {
  const auto fields = [](Code code, Retry retry) {
    return error_response(Error(code, Origin::gatehouse, "why", "text").with_retry(retry), Dialect::openai, "r").extra_fields();
  };
  const auto stops = HasSubstr("x-should-retry: false\r\n");
  EXPECT_THAT(fields(Code::not_supported, Retry::never()), stops);
  EXPECT_THAT(fields(Code::rate_limited, Retry::never()), stops);
  EXPECT_THAT(fields(Code::rate_limited, Retry::after(seconds(31))), stops);
  EXPECT_THAT(fields(Code::rate_limited, Retry::after(seconds(30))), Not(HasSubstr("x-should-retry")));
  EXPECT_THAT(fields(Code::internal, Retry::later()), Not(HasSubstr("x-should-retry")));
  EXPECT_THAT(fields(Code::invalid_argument, Retry::never()), Not(HasSubstr("x-should-retry"))) << "nobody would try that again";
}

TEST(ErrorResponse, TellsWhatIsWrongWithAKey) {
  const Error error = Error(Code::unauthenticated, Origin::caller, "api_key_expired", "Invalid or expired API key");
  const net::Response response = error_response(error, Dialect::openai, "r");
  EXPECT_EQ(response.status(), 401);
  EXPECT_THAT(response.extra_fields(), HasSubstr("X-API-Key-Error: expired\r\n"));
  EXPECT_THAT(response.extra_fields(), HasSubstr("WWW-Authenticate: Bearer"));
  EXPECT_THAT(response.body(), HasSubstr(R"("code":"invalid_api_key")"));
}

}  // namespace
}  // namespace gatehouse::gateway
