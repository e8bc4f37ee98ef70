#include "errors.h"

#include <algorithm>
#include <array>

#include "fixed_messages.h"
#include "gatehouse/identity/authenticator.h"
#include "gatehouse/wire/anthropic/replies.h"
#include "gatehouse/wire/error_shapes.h"
#include "gatehouse/wire/json/fields.h"
#include "gatehouse/wire/llm/replies.h"
#include "gatehouse/wire/openai/replies.h"

namespace gatehouse::gateway {
namespace {

// Waiting longer than this inside a client's call helps nobody.
constexpr milliseconds longest_wait_worth_retrying{30'000};

struct StatusOf {
  Code code;
  int status;
  std::string_view openai_type;
};

constexpr std::array statuses{
    StatusOf{Code::invalid_argument, 400, "invalid_request_error"},
    StatusOf{Code::unauthenticated, 401, "authentication_error"},
    StatusOf{Code::permission_denied, 403, "permission_error"},
    StatusOf{Code::not_found, 404, "invalid_request_error"},
    StatusOf{Code::method_not_allowed, 405, "invalid_request_error"},
    StatusOf{Code::timeout, 408, "invalid_request_error"},
    StatusOf{Code::conflict, 409, "invalid_request_error"},
    StatusOf{Code::too_large, 413, "invalid_request_error"},
    StatusOf{Code::uri_too_long, 414, "invalid_request_error"},
    StatusOf{Code::unsupported_media, 415, "invalid_request_error"},
    StatusOf{Code::expectation_failed, 417, "invalid_request_error"},
    StatusOf{Code::unprocessable, 422, "invalid_request_error"},
    StatusOf{Code::rate_limited, 429, "rate_limit_error"},
    StatusOf{Code::head_too_large, 431, "invalid_request_error"},
    StatusOf{Code::internal, 500, "server_error"},
    StatusOf{Code::not_supported, 501, "not_supported_error"},
    StatusOf{Code::unavailable, 503, "server_error"},
    StatusOf{Code::deadline_exceeded, 504, "server_error"},
    StatusOf{Code::version_not_supported, 505, "invalid_request_error"},
    StatusOf{Code::cancelled, 499, "invalid_request_error"},
};

const StatusOf& row_of(Code code) { return *std::ranges::find(statuses, code, &StatusOf::code); }

// Waiting a moment does not help, as it does with a rate.
bool is_used_up(const Error& error) { return error.reason() == "quota_exceeded"; }
constexpr std::string_view openai_used_up = "insufficient_quota";

// On /v1 the type says what a client should do, the code says what was wrong.
std::string_view openai_code(const Error& error) {
  if (error.code() == Code::internal) return {};
  const std::string_view reason = error.reason();
  if (is_used_up(error)) return openai_used_up;
  if (reason == "api_key_invalid" || reason == "api_key_expired" || reason == "api_key_revoked" || reason == "credential_missing")
    return "invalid_api_key";
  return reason;
}

std::string param_of(const Error& error) {
  if (!error.param().empty()) return error.param();
  return error.faults().empty() ? std::string() : wire::dotted_path(error.faults().front().path);
}

void write_openai(std::string& body, const Error& error, std::string_view message) {
  const std::string param = param_of(error);
  wire::OpenAiError shape;
  shape.message = message;
  shape.type = is_used_up(error) ? openai_used_up : row_of(error.code()).openai_type;
  shape.param = param;
  shape.code = openai_code(error);
  write_openai_error(body, shape);
}

void write_api(std::string& body, const Error& error, int status, std::string_view message, std::string_view request_id) {
  const std::string param = param_of(error);
  wire::ApiError shape;
  shape.status = status;
  shape.message = message;
  shape.type = error.reason();
  shape.param = param;
  shape.request_id = request_id;
  shape.details = error.faults();
  write_api_error(body, shape);
}

// A reason that the standards know is said as it is (RFC 6749 sections 4.1.2.1 and 5.2, RFC 6750, RFC 7009, RFC 8628).
std::string_view oauth_code(const Error& error) {
  constexpr std::array<std::string_view, 15> known{
      "invalid_request",       "invalid_client", "invalid_grant",      "unauthorized_client", "unsupported_grant_type",
      "invalid_scope",         "invalid_token",  "insufficient_scope", "access_denied",       "unsupported_token_type",
      "authorization_pending", "slow_down",      "expired_token",      "server_error",        "temporarily_unavailable"};
  if (std::ranges::find(known, error.reason()) != known.end()) return error.reason();
  switch (error.code()) {
    case Code::unauthenticated:
      return "invalid_client";
    case Code::permission_denied:
      return "access_denied";
    case Code::internal:
      return "server_error";
    case Code::rate_limited:
    case Code::unavailable:
    case Code::deadline_exceeded:
      return "temporarily_unavailable";
    default:
      return "invalid_request";
  }
}

// What Anthropic's clients know in place of 503.
constexpr int overloaded = 529;

std::string_view anthropic_type(int status) {
  switch (status) {
    case 401:
      return "authentication_error";
    case 402:
      return "billing_error";
    case 403:
      return "permission_error";
    case 404:
      return "not_found_error";
    case 409:
      return "conflict_error";
    case 413:
      return "request_too_large";
    case 429:
      return "rate_limit_error";
    case overloaded:
      return "overloaded_error";
    case 504:
      return "timeout_error";
    default:
      return status >= 500 ? "api_error" : "invalid_request_error";
  }
}

// The official clients try every 409, 429 and 5xx again by themselves, unless they are told.
bool would_be_retried_in_vain(int status, const Retry& retry) {
  if (retry.wait()) return *retry.wait() > longest_wait_worth_retrying;
  return !retry.worthwhile() && (status == 409 || status == 429 || status >= 500);
}

void add_retry_fields(net::Response& response, const Retry& retry) {
  if (retry.wait()) {
    const auto wait = *retry.wait();
    response.field("Retry-After", std::to_string((wait.count() + 999) / 1000)).field("retry-after-ms", std::to_string(wait.count()));
  }
  if (would_be_retried_in_vain(response.status(), retry)) response.field("x-should-retry", "false");
}

// Only who has shown a token is told that something is wrong with it.
bool shows_no_token(std::string_view reason) { return reason == "credential_missing" || reason == "login_failed"; }

void add_credential_fields(net::Response& response, const Error& error) {
  if (error.code() != Code::unauthenticated) return;
  response.field("WWW-Authenticate", shows_no_token(error.reason()) ? "Bearer" : "Bearer error=\"invalid_token\"");
  const std::string_view key_error = identity::api_key_error(error.reason());
  if (!key_error.empty()) response.field("X-API-Key-Error", key_error);
}

}  // namespace

int status_of(const Error& error, Dialect dialect, int used_up) {
  if (is_used_up(error)) return used_up;
  // JSON that breaks a rule is 422 on /api; what is not JSON at all is 400 everywhere.
  const bool breaks_a_rule = error.code() == Code::invalid_argument && !error.faults().empty();
  if (dialect == Dialect::api && breaks_a_rule) return 422;
  const int status = row_of(error.code()).status;
  return dialect == Dialect::anthropic && status == 503 ? overloaded : status;
}

std::string error_body(const Error& error, Dialect dialect, std::string_view request_id, Language language, int used_up) {
  std::string body;
  const std::string_view message = in_language(language, error.public_text());
  switch (dialect) {
    case Dialect::openai:
      write_openai(body, error, message);
      break;
    case Dialect::oip:
      wire::write_oip_error(body, message);
      break;
    case Dialect::oauth:  // in English alone: a description holds nothing but ASCII
      wire::write_oauth_error(body, oauth_code(error), error.public_text());
      break;
    case Dialect::anthropic:
      wire::write_anthropic_error(body, anthropic_type(status_of(error, dialect, used_up)), message, request_id);
      break;
    case Dialect::api:
      write_api(body, error, status_of(error, dialect, used_up), message, request_id);
      break;
  }
  return body;
}

net::Response error_response(const Error& error, Dialect dialect, std::string_view request_id, Language language, int used_up) {
  net::Response response(status_of(error, dialect, used_up));
  response.body("application/json", error_body(error, dialect, request_id, language, used_up));
  add_retry_fields(response, error.retry());
  add_credential_fields(response, error);
  return response;
}

}  // namespace gatehouse::gateway
