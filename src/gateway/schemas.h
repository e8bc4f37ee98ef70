// gateway/schemas.h — what the small routes answer, as JSON schemas.
#pragma once
#include "gatehouse/wire/json/writer.h"

namespace gatehouse::gateway {

void root_schema(wire::JsonWriter& json);
void version_schema(wire::JsonWriter& json);
void status_schema(wire::JsonWriter& json);
void health_status_schema(wire::JsonWriter& json);
void any_object_schema(wire::JsonWriter& json);

}  // namespace gatehouse::gateway
