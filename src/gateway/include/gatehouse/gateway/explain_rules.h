// gateway/explain_rules.h — what explanations need to know beside the store: what this installation serves and allows.
// Threads  value type
#pragma once
#include "gatehouse/gateway/ceilings.h"
#include "gatehouse/gateway/served_models.h"
#include "gatehouse/identity/principal.h"

namespace gatehouse::gateway {

struct ExplainRules {
  const ServedModels* models = nullptr;  // null: not known
  Ceilings ceilings = {};
  identity::PrincipalPtr everybody;  // auth.mode = "off": whoever asks is this one
};

}  // namespace gatehouse::gateway
