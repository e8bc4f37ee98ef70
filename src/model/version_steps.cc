#include "gatehouse/model/version_steps.h"

#include <algorithm>
#include <array>
#include <vector>

namespace gatehouse::model {
namespace {

// For each version, whether it should be loaded. One that was put away keeps its place among the newest: nobody asked for another instead.
std::vector<bool> wanted_of(std::span<const VersionSeen> versions, const VersionPolicy& policy) {
  std::vector<bool> wanted(versions.size());
  std::uint32_t counted = 0;
  for (std::size_t i = 0; i < versions.size(); ++i) {
    const VersionSeen& one = versions[i];
    if (!one.there) continue;
    const bool by_policy = one.stage != Stage::failed && counted < policy.newest;
    if (by_policy) ++counted;
    wanted[i] = one.wish == Wish::loaded || (by_policy && one.wish == Wish::none);
  }
  return wanted;
}

bool is_coming(const VersionSeen& one) { return one.stage < Stage::ready || one.stage == Stage::unloaded || one.again; }

// It goes at once where somebody says so; else once another one answers in its place. One that is not to be had again waits for none that
// will not come.
bool may_go(std::span<const VersionSeen> versions, const std::vector<bool>& wanted, const VersionPolicy& policy, std::size_t which) {
  const VersionSeen& one = versions[which];
  if (one.stage != Stage::ready && one.stage != Stage::loading) return false;
  if (one.wish == Wish::put_away) return true;
  bool any_comes = false;
  for (std::size_t i = 0; i < versions.size(); ++i) {
    if (!wanted[i]) continue;
    if (versions[i].stage == Stage::ready) return true;
    any_comes = any_comes || is_coming(versions[i]);
  }
  return !any_comes && (!one.there || policy.newest == 0);
}

std::optional<Act> end_of(std::span<const VersionSeen> versions, const std::vector<bool>& wanted, const VersionPolicy& policy,
                          std::size_t which) {
  const VersionSeen& one = versions[which];
  const bool at_rest = one.stage == Stage::found || one.stage == Stage::failed || one.stage == Stage::unloaded;
  if (!one.there && at_rest) return Act::forget;
  if (one.stage == Stage::draining && !one.in_use && !one.told) return Act::unload;
  if (!wanted[which] && may_go(versions, wanted, policy, which)) return Act::drain;
  return std::nullopt;
}

std::optional<Act> beginning_of(const VersionSeen& one, bool another_comes) {
  if (one.stage == Stage::unloaded || (one.stage == Stage::failed && one.again)) return Act::renew;
  // One after the other: what two need together may be more than there is.
  if (one.stage == Stage::found && !another_comes) return Act::check;
  return std::nullopt;
}

constexpr std::array<std::string_view, 7> stage_names{"found", "checking", "loading", "ready", "draining", "failed", "unloaded"};

// What a request does best to be told of, first.
constexpr std::array<Stage, 7> by_merit{Stage::ready,  Stage::loading,  Stage::checking, Stage::draining,
                                        Stage::failed, Stage::unloaded, Stage::found};

}  // namespace

std::string_view to_string(Stage stage) { return stage_names[static_cast<std::size_t>(stage)]; }

bool leads_to(Stage from, Stage to) {
  switch (from) {
    case Stage::found:
      return to == Stage::checking || to == Stage::unloaded;
    case Stage::checking:
      return to == Stage::loading || to == Stage::failed;
    case Stage::loading:
      return to == Stage::ready || to == Stage::draining || to == Stage::failed;
    case Stage::ready:
      return to == Stage::draining || to == Stage::failed;
    case Stage::draining:
    case Stage::failed:
      return to == Stage::unloaded;
    case Stage::unloaded:
      return false;
  }
  return false;
}

std::optional<Step> next_step(std::span<const VersionSeen> versions, const VersionPolicy& policy) {
  const std::vector<bool> wanted = wanted_of(versions, policy);
  for (std::size_t i = 0; i < versions.size(); ++i) {
    if (const std::optional<Act> act = end_of(versions, wanted, policy, i)) return Step{*act, i};
  }
  const bool another_comes =
      std::ranges::any_of(versions, [](const VersionSeen& one) { return one.stage == Stage::checking || one.stage == Stage::loading; });
  for (std::size_t i = 0; i < versions.size(); ++i) {
    if (!wanted[i]) continue;
    if (const std::optional<Act> act = beginning_of(versions[i], another_comes)) return Step{*act, i};
  }
  return std::nullopt;
}

std::optional<std::size_t> version_that_answers(std::span<const VersionSeen> versions) {
  for (const Stage stage : by_merit) {
    const auto found = std::ranges::find(versions, stage, &VersionSeen::stage);
    if (found != versions.end()) return static_cast<std::size_t>(found - versions.begin());
  }
  return std::nullopt;
}

}  // namespace gatehouse::model
