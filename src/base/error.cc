#include "gatehouse/base/error.h"

#include <utility>

namespace gatehouse {

Error::Error(Code code, Origin origin, std::string_view reason, std::string public_text) : body_(std::make_unique<Body>()) {
  body_->code = code;
  body_->origin = origin;
  body_->reason = reason;
  body_->public_text = std::move(public_text);
}

Error::Error(const Error& other) : body_(std::make_unique<Body>(*other.body_)) {}

Error& Error::operator=(const Error& other) {
  if (this != &other) body_ = std::make_unique<Body>(*other.body_);
  return *this;
}

Error&& Error::with_detail(std::string detail) && {
  body_->detail = std::move(detail);
  return std::move(*this);
}

Error&& Error::with_param(std::string param) && {
  body_->param = std::move(param);
  return std::move(*this);
}

Error&& Error::with_retry(Retry retry) && {
  body_->retry = retry;
  return std::move(*this);
}

Error&& Error::with_faults(std::vector<FieldFault> faults) && {
  body_->faults = std::move(faults);
  return std::move(*this);
}

std::string Error::describe() const {
  std::string out(body_->reason);
  out += ": ";
  out += body_->public_text;
  if (!body_->detail.empty()) {
    out += " (";
    out += body_->detail;
    out += ')';
  }
  return out;
}

Error caller_error(std::string_view reason, std::string public_text) {
  return Error(Code::invalid_argument, Origin::caller, reason, std::move(public_text));
}

Error internal_error(std::string_view reason, std::string detail) {
  return Error(Code::internal, Origin::gatehouse, reason, "Internal server error, please try again later")
      .with_detail(std::move(detail))
      .with_retry(Retry::later());
}

Error operator_error(std::string_view reason, std::string public_text) {
  return Error(Code::internal, Origin::operator_, reason, std::move(public_text));
}

}  // namespace gatehouse
