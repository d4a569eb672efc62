// The descriptions of navette.yaml, of a flow's file, of a people file and of a file of tests.

#pragma once

#include <string_view>

#include "config/connector_spec.h"
#include "config/shape.h"

namespace navette {

// navette.yaml. Its systems have the members that every system has, and `extra`.
const Shape& hub_shape();
// What every system has, whatever its connector.
const Shape& system_shape();
// A system with this connector: those members and the connector's own.
Shape system_shape(const ConnectorSpec& connector);
const Shape& flow_shape();
const Shape& people_shape();
// Tests of a flow, beside it; in shapes_cases.cc.
const Shape& cases_shape();

// The shapes of parts, as loading reads them. REQUIRES: `name` is a member there.
const Shape& member_shape(const Shape& object, std::string_view name);

}  // namespace navette
