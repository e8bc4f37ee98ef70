// app/strangers.h — variables that the servers before this one read, and that are no keys here: what to tell who sets them.
// Threads  never changes
#pragma once
#include <span>

#include "gatehouse/config/reading.h"

namespace gatehouse::app {

std::span<const config::Stranger> strangers();

}  // namespace gatehouse::app
