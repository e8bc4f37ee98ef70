// base/result.h — a value or an Error. Everything that a caller, the network, a disk or a model file can cause is one.
//
//   GH_TRY(auto manifest, read_manifest(path));          // in a function that returns Result
//   GH_CO_TRY(auto body, co_await exchange.read_body()); // in a Task that returns Result
#pragma once
#include <optional>
#include <utility>
#include <variant>

#include "gatehouse/base/assert.h"
#include "gatehouse/base/error.h"

namespace gatehouse {

template <class T = std::monostate>
class [[nodiscard]] Result {
 public:
  using Value = T;
  Result(T value) : state_(std::in_place_index<0>, std::move(value)) {}      // NOLINT: a value is a result
  Result(Error error) : state_(std::in_place_index<1>, std::move(error)) {}  // NOLINT: an error is a result

  bool ok() const { return state_.index() == 0; }
  explicit operator bool() const { return ok(); }

  T& value() & { return GH_ASSERT(ok()), std::get<0>(state_); }
  const T& value() const& { return GH_ASSERT(ok()), std::get<0>(state_); }
  T&& value() && { return GH_ASSERT(ok()), std::get<0>(std::move(state_)); }
  T& operator*() & { return value(); }
  const T& operator*() const& { return value(); }
  T&& operator*() && { return std::move(*this).value(); }
  T* operator->() { return &value(); }
  const T* operator->() const { return &value(); }

  const Error& error() const& { return GH_ASSERT(!ok()), std::get<1>(state_); }
  Error&& error() && { return GH_ASSERT(!ok()), std::get<1>(std::move(state_)); }

 private:
  std::variant<T, Error> state_;
};

using Status = Result<std::monostate>;
inline Status ok() { return Status(std::monostate{}); }

}  // namespace gatehouse

#define GH_CAT_(a, b) a##b
#define GH_CAT(a, b) GH_CAT_(a, b)
#define GH_TRY_IMPL(result, decl, expr, ret)  \
  auto result = (expr);                       \
  if (!result) ret std::move(result).error(); \
  decl = std::move(result).value()
#define GH_TRY(decl, expr) GH_TRY_IMPL(GH_CAT(gh_result_, __LINE__), decl, expr, return)
#define GH_CO_TRY(decl, expr) GH_TRY_IMPL(GH_CAT(gh_result_, __LINE__), decl, expr, co_return)
#define GH_CHECK_IMPL(result, expr, ret)        \
  do {                                          \
    auto result = (expr);                       \
    if (!result) ret std::move(result).error(); \
  } while (false)
// For a Status whose value says nothing; one statement.
#define GH_CHECK(expr) GH_CHECK_IMPL(GH_CAT(gh_result_, __LINE__), expr, return)
#define GH_CO_CHECK(expr) GH_CHECK_IMPL(GH_CAT(gh_result_, __LINE__), expr, co_return)
