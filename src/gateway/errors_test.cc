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
  for (const Dialect dialect : {Dialect::api, Dialect::openai, Dialect::oip, Dialect::oauth, Dialect::anthropic}) {
    const net::Response response = error_response(error, dialect, "r");
    EXPECT_EQ(response.status(), 500);
    EXPECT_THAT(response.body(), Not(HasSubstr("users")));
  }
  EXPECT_THAT(error_body(error, Dialect::openai, "r"), HasSubstr(R"("code":null)"));
}

TEST(ErrorResponse, SpeaksOpenInferenceOnV2) {
  const net::Response response = error_response(two_faults(), Dialect::oip, "r1");
  EXPECT_EQ(response.status(), 400);
  EXPECT_EQ(response.body(), R"({"error":"2 fields are wrong"})");
}

TEST(ErrorResponse, SpeaksOauthWithTheCodesOfTheStandard) {
  const auto body = [](Code code, std::string_view reason) {
    return error_body(Error(code, Origin::caller, reason, "text"), Dialect::oauth, "r");
  };
  EXPECT_EQ(body(Code::invalid_argument, "invalid_grant"), R"({"error":"invalid_grant","error_description":"text"})");
  EXPECT_THAT(body(Code::invalid_argument, "json_invalid"), HasSubstr(R"("error":"invalid_request")"));
  EXPECT_THAT(body(Code::not_found, "not_found"), HasSubstr(R"("error":"invalid_request")"));
  EXPECT_THAT(body(Code::unauthenticated, "credential_missing"), HasSubstr(R"("error":"invalid_client")"));
  EXPECT_THAT(body(Code::internal, "broken"), HasSubstr(R"("error":"server_error")"));
  EXPECT_THAT(body(Code::unavailable, "server_is_overloaded"), HasSubstr(R"("error":"temporarily_unavailable")"));
  EXPECT_EQ(error_response(two_faults(), Dialect::oauth, "r1").status(), 400);
}

TEST(ErrorResponse, SpeaksAnthropicOnMessages) {
  const Error error(Code::not_found, Origin::caller, "not_found", "nothing here");
  EXPECT_EQ(error_body(error, Dialect::anthropic, "r1"),
            R"({"type":"error","error":{"type":"not_found_error","message":"nothing here"},"request_id":"r1"})");
  const std::pair<Code, const char*> types[] = {
      {Code::invalid_argument, "invalid_request_error"}, {Code::unauthenticated, "authentication_error"},
      {Code::permission_denied, "permission_error"},     {Code::too_large, "request_too_large"},
      {Code::rate_limited, "rate_limit_error"},          {Code::internal, "api_error"},
      {Code::unavailable, "overloaded_error"},           {Code::method_not_allowed, "invalid_request_error"}};
  for (const auto& [code, type] : types) {
    EXPECT_THAT(error_body(Error(code, Origin::caller, "why", "text"), Dialect::anthropic, "r"),
                HasSubstr(std::string("\"type\":\"") + type));
  }
  EXPECT_EQ(error_response(Error(Code::unavailable, Origin::engine, "why", "text"), Dialect::anthropic, "r").status(), 529);
}

TEST(ErrorResponse, SpeaksTheLanguageThatIsAskedFor) {
  const Error error = internal_error("broken", "secret");
  for (const Dialect dialect : {Dialect::api, Dialect::openai, Dialect::oip, Dialect::anthropic}) {
    EXPECT_THAT(error_response(error, dialect, "r", Language::chinese).body(), HasSubstr("服务器内部错误，请稍后重试"));
  }
  EXPECT_THAT(error_body(error, Dialect::oauth, "r", Language::chinese), HasSubstr("Internal server error"));
  EXPECT_THAT(error_body(two_faults(), Dialect::api, "r", Language::chinese), HasSubstr("2 fields are wrong"));
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

TEST(Errors, WhatIsUsedUpMayBeUnpaid) {
  const Error quota(Code::rate_limited, Origin::caller, "quota_exceeded", "Daily quota exceeded");
  const Error rate(Code::rate_limited, Origin::caller, "rate_limit_exceeded", "Rate limit exceeded: 10 per 1 minute");
  for (const Dialect dialect : {Dialect::api, Dialect::openai, Dialect::anthropic}) {
    EXPECT_EQ(status_of(quota, dialect), 429);
    EXPECT_EQ(status_of(quota, dialect, 402), 402);
    EXPECT_EQ(status_of(rate, dialect, 402), 429);
    EXPECT_EQ(error_response(quota, dialect, "r", Language::english, 402).status(), 402);
  }
  EXPECT_NE(error_body(quota, Dialect::api, "r", Language::english, 402).find("402"), std::string::npos);
  EXPECT_NE(error_body(quota, Dialect::anthropic, "r", Language::english, 402).find("billing_error"), std::string::npos);
  EXPECT_NE(error_body(quota, Dialect::openai, "r", Language::english, 402).find("insufficient_quota"), std::string::npos);
}

}  // namespace
}  // namespace gatehouse::gateway
