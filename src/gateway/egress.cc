#include "egress.h"

#include <array>
#include <charconv>

#include "errors.h"
#include "gatehouse/telemetry/log.h"

namespace gatehouse::gateway {
namespace {

// Seconds with six decimals, as "0.012345".
std::string seconds_text(std::int64_t microseconds) {
  std::array<char, 32> digits;
  const auto whole = std::to_chars(digits.data(), digits.data() + digits.size(), microseconds / 1'000'000);
  std::string text(digits.data(), whole.ptr);
  const std::string fraction = std::to_string(1'000'000 + microseconds % 1'000'000);
  return text.append(".").append(fraction, 1);
}

}  // namespace

void add_standing_fields(net::Response& response, std::string_view request_id, std::chrono::microseconds spent) {
  response.field("X-Request-Id", request_id)
      .field("X-Process-Time", seconds_text(spent.count()))
      .field("X-Content-Type-Options", "nosniff")
      .field("X-Frame-Options", "DENY")
      .field("X-XSS-Protection", "1; mode=block")
      .field("Content-Security-Policy", "default-src 'self'")
      .field("Referrer-Policy", "strict-origin-when-cross-origin");
}

void Egress::dress(net::Response& response) {
  const auto spent = std::chrono::duration_cast<std::chrono::microseconds>(exchange_.reactor().clock().now() - exchange_.started());
  status_ = response.status();
  add_standing_fields(response, request_id_, spent);
}

void Egress::respond(net::Response response) {
  dress(response);
  response.field("Cache-Control", "no-store");
  exchange_.respond(std::move(response));
}

void Egress::begin_stream(net::Response response) {
  dress(response);
  response.field("Cache-Control", "no-cache").field("X-Accel-Buffering", "no");
  exchange_.begin_stream(std::move(response));
}

void Egress::respond(const Error& error) {
  note(error);
  respond(error_response(error, dialect_, request_id_));
}

void Egress::note(const Error& error) {
  error_ = error.reason();
  if (error.origin() == Origin::caller) return;
  telemetry::log::warn("gateway", "request failed", {{"request_id", request_id_}, {"error", error.describe()}});
}

}  // namespace gatehouse::gateway
