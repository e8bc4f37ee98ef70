// base/error.h — what went wrong, whose fault it is, whether and when to try again.
// Threads  value type; moves are one pointer, so that Result<T> stays small on the way that succeeds
// Errors   public_text may leave the building, detail goes to the log only
#pragma once
#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace gatehouse {

enum class Code {
  invalid_argument,       // 400, or 422 where the dialect says so
  unauthenticated,        // 401
  permission_denied,      // 403
  not_found,              // 404
  method_not_allowed,     // 405
  timeout,                // 408: the caller did not send in time
  conflict,               // 409
  too_large,              // 413
  unprocessable,          // 422: well formed, and not what was said before
  uri_too_long,           // 414
  head_too_large,         // 431
  expectation_failed,     // 417
  unsupported_media,      // 415
  rate_limited,           // 429
  internal,               // 500
  not_supported,          // 501
  unavailable,            // 503
  deadline_exceeded,      // 504
  version_not_supported,  // 505
  cancelled,              // the caller went away: nobody reads an answer
};

enum class Origin { caller, gatehouse, engine, operator_ };

// Whether the same request may work later, and when. No time = nobody knows.
class Retry {
 public:
  static Retry never() { return Retry(false, std::nullopt); }
  static Retry later() { return Retry(true, std::nullopt); }
  static Retry after(std::chrono::milliseconds wait) { return Retry(true, wait); }
  bool worthwhile() const { return worthwhile_; }
  std::optional<std::chrono::milliseconds> wait() const { return wait_; }

 private:
  Retry(bool worthwhile, std::optional<std::chrono::milliseconds> wait) : worthwhile_(worthwhile), wait_(wait) {}
  bool worthwhile_;
  std::optional<std::chrono::milliseconds> wait_;
};

// One bad field of a request. A constructor, because aggregates in co_await expressions are destroyed twice by gcc 12.
struct FieldFault {
  FieldFault(std::string path_, std::string message_, std::string expected_)
      : path(std::move(path_)), message(std::move(message_)), expected(std::move(expected_)) {}
  std::string path;      // JSON pointer, such as /messages/0/role
  std::string message;   // what is wrong with it
  std::string expected;  // what would have been right
  friend bool operator==(const FieldFault&, const FieldFault&) = default;
};

class Error {
 public:
  // reason is a stable key such as "token_expired" and must have static storage.
  Error(Code code, Origin origin, std::string_view reason, std::string public_text);
  Error(const Error& other);
  Error& operator=(const Error& other);
  Error(Error&&) noexcept = default;
  Error& operator=(Error&&) noexcept = default;
  ~Error() = default;

  Code code() const { return body_->code; }
  Origin origin() const { return body_->origin; }
  std::string_view reason() const { return body_->reason; }
  const std::string& public_text() const { return body_->public_text; }
  const std::string& detail() const { return body_->detail; }
  const std::string& param() const { return body_->param; }  // the field at fault, empty when none
  const Retry& retry() const { return body_->retry; }
  const std::vector<FieldFault>& faults() const { return body_->faults; }

  Error&& with_detail(std::string detail) &&;
  Error&& with_param(std::string param) &&;
  Error&& with_retry(Retry retry) &&;
  Error&& with_faults(std::vector<FieldFault> faults) &&;

  // For logs: reason, public text and detail.
  std::string describe() const;

 private:
  struct Body {
    Code code;
    Origin origin;
    Retry retry = Retry::never();
    std::string_view reason;
    std::string public_text, detail, param;
    std::vector<FieldFault> faults;
  };
  std::unique_ptr<Body> body_;
};

// The caller sent something that cannot be right.
Error caller_error(std::string_view reason, std::string public_text);
// Something of ours broke; the caller reads a fixed sentence, the log reads detail.
Error internal_error(std::string_view reason, std::string detail);
// Something on this machine or in its configuration is not as it must be; for start-up and commands.
Error operator_error(std::string_view reason, std::string public_text);

}  // namespace gatehouse
