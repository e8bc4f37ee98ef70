#include "egress.h"

#include <array>
#include <charconv>
#include <utility>

#include "compression.h"
#include "cors.h"
#include "errors.h"
#include "gatehouse/telemetry/log.h"

namespace gatehouse::gateway {
namespace {

constexpr std::string_view security =
    "X-Content-Type-Options: nosniff\r\nX-Frame-Options: DENY\r\nX-XSS-Protection: 1; mode=block\r\n"
    "Referrer-Policy: strict-origin-when-cross-origin\r\n";
constexpr std::string_view policy = "Content-Security-Policy: default-src 'self'\r\n";
constexpr std::string_view only_https = "Strict-Transport-Security: max-age=31536000; includeSubDomains\r\n";

constexpr std::size_t usual_length_of_fields = 448;

// Seconds with six decimals, as "0.012345".
std::string seconds_text(std::int64_t microseconds) {
  std::array<char, 32> digits;
  const auto whole = std::to_chars(digits.data(), digits.data() + digits.size(), microseconds / 1'000'000);
  std::string text(digits.data(), whole.ptr);
  const std::string fraction = std::to_string(1'000'000 + microseconds % 1'000'000);
  return text.append(".").append(fraction, 1);
}

}  // namespace

void add_standing_fields(net::Response& response, const Standing& standing) {
  const bool own_policy = response.value_of("Content-Security-Policy").has_value();
  response.field("X-Request-Id", standing.request_id).field("X-Process-Time", seconds_text(standing.spent.count())).lines(security);
  if (standing.dialect == Dialect::anthropic) response.field("request-id", standing.request_id);
  if (!own_policy) response.lines(policy);
  if (standing.https) response.lines(only_https);
}

void Egress::dress(net::Response& response) {
  Standing standing;
  standing.request_id = request_id_;
  standing.spent = std::chrono::duration_cast<std::chrono::microseconds>(exchange_.reactor().clock().now() - exchange_.started());
  standing.https = client_.https;
  standing.dialect = dialect_;
  status_ = response.status();
  response.room_for(usual_length_of_fields);
  add_standing_fields(response, standing);
  response.last_lines(std::move(limits_));
  if (!cache_.empty()) response.field("x-gatehouse-cache", cache_);
  dress_for_browser(response, rules_, exchange_.head());
}

// Whoever has said what its answer depends on has also chosen a coding.
void Egress::compress(net::Response& response) const {
  const std::size_t size = response.body().size();
  if (size < worth_compressing || size > most_compressed || route_ == nullptr || !may_compress(*route_)) return;
  if (!is_text(response.value_of("Content-Type").value_or("")) || response.value_of("Vary")) return;
  response.field("Vary", "Accept-Encoding");
  if (!wants_gzip(exchange_.head())) return;
  std::string coded = gzipped(response.body());
  if (!coded.empty() && coded.size() < size) response.recode("gzip", std::move(coded));
}

void Egress::respond(net::Response response) {
  if (holds_end()) return recording_->whole(std::move(response));
  if (recording_ != nullptr) recording_->note(response);
  compress(response);
  const bool kept_by_caches = response.value_of("Cache-Control").has_value();
  dress(response);
  if (!kept_by_caches) response.lines("Cache-Control: no-store\r\n");
  exchange_.respond(std::move(response));
}

void Egress::begin_stream(net::Response response) {
  if (recording_ != nullptr) recording_->begin(response);
  dress(response);
  response.lines("Cache-Control: no-cache\r\nX-Accel-Buffering: no\r\n");
  exchange_.begin_stream(std::move(response));
}

void Egress::end_stream(std::string_view piece) {
  if (recording_ != nullptr) recording_->end(piece);
  if (holds_end()) return;
  exchange_.send(piece);
  exchange_.end_stream();
}

void Egress::release() {
  if (!holds_end()) return;
  Recording* const recording = std::exchange(recording_, nullptr);
  if (!recording->complete()) return;
  if (recording->last_piece()) return end_stream(*recording->last_piece());
  respond(*recording->take_whole());
}

void Egress::respond(const Error& error) {
  note(error);
  respond(error_response(error, dialect_, request_id_, language(), rules_.used_up_status));
}

void Egress::note(const Error& error) {
  error_ = error.reason();
  if (error.origin() == Origin::caller) return;
  telemetry::log::warn("gateway", "request failed", {{"request_id", request_id_}, {"error", error.describe()}});
}

}  // namespace gatehouse::gateway
