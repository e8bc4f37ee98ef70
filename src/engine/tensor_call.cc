#include "gatehouse/engine/tensor_call.h"

#include <utility>

namespace gatehouse::engine {

namespace w = wire::engine;

TensorCall::~TensorCall() {
  if (channel_ == nullptr) return;
  channel_->send(id_, w::Cancel{});
  channel_->forget(id_);
}

TensorCall::News TensorCall::take() { return std::exchange(news_, News{}); }

bool TensorCall::deliver(w::Body&& body) {
  if (auto* inferred = std::get_if<w::Inferred>(&body)) {
    news_.inferred = std::move(*inferred);
  } else if (auto* refused = std::get_if<w::Refused>(&body)) {
    news_.refused = std::move(*refused);
  } else {
    return false;
  }
  channel_ = nullptr;
  signal_.raise();
  return true;
}

// It makes no tokens.
bool TensorCall::deliver(w::TokenEvent&&) { return false; }

void TensorCall::lose() {
  channel_ = nullptr;
  news_.lost = true;
  signal_.raise();
}

}  // namespace gatehouse::engine
