// tests/contract/scripted_child.h — the engine of these tests: the real host and loop over a scripted model.
// Rules    the model file must hold the word "model"; the name of the model says how loading goes: "scripted" well, "broken" not,
//          "crashes" and "hangs" as they say (in a process only)
#pragma once
#include "gatehouse/base/fd.h"
#include "gatehouse/base/result.h"
#include "gatehouse/engine/sequence_model.h"
#include "gatehouse/wire/engine/frames.h"

namespace gatehouse::testing {

Result<engine::LoadedModel> load_scripted(Fd file, const wire::engine::Load& options);

}  // namespace gatehouse::testing
