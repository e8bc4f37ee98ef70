// trees/build.h — from an ONNX graph to a plan, where everything in it is understood.
// Threads  pure function
// Errors   none: what is not understood is a value, and the graph is for ONNX Runtime to serve
#pragma once
#include <string>
#include <variant>

#include "gatehouse/trees/plan.h"
#include "gatehouse/wire/onnx/graph.h"

namespace gatehouse::trees {

struct NotUnderstood {
  std::string op;   // such as "ArgMax"; empty: it is about the graph
  std::string why;  // a sentence for the log
};

// After: a plan that check_plan accepts.
std::variant<Plan, NotUnderstood> plan_of(const wire::onnx::Graph& graph);

}  // namespace gatehouse::trees
