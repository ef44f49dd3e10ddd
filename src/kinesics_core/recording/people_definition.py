"""Definition of kinesics/msg/PersonArray, for bags that carry none that can be used.

The fields of ``msg/PersonArray.msg`` and ``msg/Person.msg`` and the standard types they are made
of, in the form "ros2msg". A test holds them to the files.
"""

PEOPLE_TYPE = "kinesics/msg/PersonArray"

PEOPLE_DEFINITION = """\
std_msgs/Header header
uint32 width
uint32 height
string model
Person[] persons
================================================================================
MSG: kinesics/Person
uint32 id
float32 score
float32[34] coco
float32[17] coco_score
float32[] pose
float32[] pose_visibility
float32[] pose_world
float32[] left_hand
float32[] right_hand
float32[] left_hand_world
float32[] right_hand_world
float32[] face
float32[] blendshapes
geometry_msgs/Pose head
float32[] expression
builtin_interfaces/Time expression_stamp
================================================================================
MSG: std_msgs/Header
builtin_interfaces/Time stamp
string frame_id
================================================================================
MSG: builtin_interfaces/Time
int32 sec
uint32 nanosec
================================================================================
MSG: geometry_msgs/Pose
Point position
Quaternion orientation
================================================================================
MSG: geometry_msgs/Point
float64 x
float64 y
float64 z
================================================================================
MSG: geometry_msgs/Quaternion
float64 x
float64 y
float64 z
float64 w
"""
