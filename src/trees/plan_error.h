// trees/plan_error.h — a plan that cannot be right.
#pragma once
#include <string>

#include "gatehouse/base/error.h"

namespace gatehouse::trees {

inline Error invalid_plan(std::string what) {
  return Error(Code::internal, Origin::engine, "trees_plan_invalid", "The model engine failed, please try again later")
      .with_detail(std::move(what))
      .with_retry(Retry::later());
}

}  // namespace gatehouse::trees
