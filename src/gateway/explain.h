// gateway/explain.h — what would be decided about a request, step by step as the pipeline decides it, and by which rule.
// Rules    a walk over the pipeline's own decisions (decisions.h, ceilings.h): nothing is decided here
// Threads  pure functions
#pragma once
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "gatehouse/gateway/explain_rules.h"
#include "gatehouse/gateway/route.h"
#include "gatehouse/identity/examine.h"

namespace gatehouse::gateway {

// A request that nobody has made.
struct Supposed {
  Supposed(wire::Method method_, std::string path_) : method(method_), path(std::move(path_)) {}
  wire::Method method;
  std::string path;     // without its query
  std::string model;    // empty: the default
  std::string address;  // of the client; empty: not said
  std::optional<std::uint32_t> max_tokens, n;
  std::optional<double> temperature;
};

// "POST /v1/chat/completions", with or without a query behind it: the method and the target. Nothing: it is no such text.
struct MethodAndTarget {
  wire::Method method;
  std::string_view path, query;
};
std::optional<MethodAndTarget> read_route(std::string_view text);

struct Check {
  std::string_view name;
  bool passed;
  std::string_view rule;  // by which it was refused; empty: it was not, or that has no rule
  std::string detail;
};

class Explanation {
 public:
  const Route* route = nullptr;  // null: there is none
  std::string parameter;         // what stands for the braces of its path, unescaped
  std::string version;           // of a model, where the path names one
  identity::PrincipalPtr who;    // null: nobody was let in, or nobody is asked for
  Dialect dialect = Dialect::api;

  // False: that was the end of it. why: for people, where it passed.
  bool add(std::string_view name, const Status& decided, std::string why);
  // inside: what else may be said of it to who administers, though not to who asks. False.
  bool refuse(std::string_view name, const Error& error, std::string_view inside);
  const std::vector<Check>& checks() const { return checks_; }
  const std::optional<Error>& refusal() const { return refusal_; }

 private:
  std::vector<Check> checks_;
  std::optional<Error> refusal_;
};

// credential: examined once the route has said that it looks at one of this kind.
using Examine = std::function<identity::Examined()>;
Explanation explain(const Supposed& supposed, const Secret<std::string>& credential, const Examine& examine, const ExplainRules& rules);

std::string explanation_text(const Explanation& explanation);

}  // namespace gatehouse::gateway
